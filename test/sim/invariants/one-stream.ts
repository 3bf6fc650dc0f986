import type { Directive } from '../../../worker/protocol/directive.ts';
import type { Box } from '../nodes/agent-node.ts';
import type { Invariant } from './invariant.ts';

function orderOf({ mode, active, weights }: Pick<Directive, 'mode' | 'active' | 'weights'>): string {
  const shares = Object.entries(weights).filter(([, weight]) => weight > 0);
  return JSON.stringify([mode, active, shares.sort()]);
}

export const ONE_STREAM: Invariant = {
  name: 'one-stream',
  holds:
    'The epochs that a site issues strictly rise, over every restart; no agent takes a lower epoch than one that it took, nor two different orders with one epoch.',
  watch({ broken }) {
    const issued = new Map<string, number>();
    const taken = new Map<Box, { epoch: number; order: string }>();
    return {
      edgeLost: () => issued.clear(),
      diskLost: (box) => void taken.delete(box),
      siteTurn({ site, effects }) {
        for (const effect of effects) {
          if (effect.type !== 'directive') continue;
          const last = issued.get(site) ?? 0;
          if (!Number.isInteger(effect.epoch) || effect.epoch <= last) broken(site, `epoch ${effect.epoch} was issued after ${last}`);
          issued.set(site, effect.epoch);
        }
      },
      judged({ agent: { box }, verdict }) {
        if (verdict.kind === 'refused' || verdict.state.directive === null) return;
        const now = { epoch: verdict.state.epoch, order: orderOf(verdict.state.directive) };
        const last = taken.get(box);
        if (verdict.state.directive.epoch !== now.epoch)
          broken(box.site, `an agent keeps epoch ${now.epoch} with the orders of epoch ${verdict.state.directive.epoch}`);
        if (last !== undefined && now.epoch < last.epoch) broken(box.site, `an agent took epoch ${now.epoch} after ${last.epoch}`);
        if (last?.epoch === now.epoch && last.order !== now.order)
          broken(box.site, `an agent took epoch ${now.epoch} with two orders: ${last.order} and ${now.order}`);
        taken.set(box, now);
      },
    };
  },
};
