import { judgeDirective } from './directive.ts';
import type { Keeper } from './keeper.ts';
import type { Log } from './log.ts';
import type { Problems } from './problems.ts';

/** The edge's answers: kept in the state when they are directives to follow, refused with a problem that says why. */
export interface Orders {
  /** False: refused. Resolves when what is new is saved. */
  take(answer: unknown): Promise<boolean>;
  /** The edge speaks of epochs below ours: it has lost its state, or we have lost ours, and it has to go above. */
  isOutlived(): boolean;
}

export interface OrdersOptions {
  servers: readonly string[];
  keeper: Keeper;
  problems: Problems;
  log: Log;
}

export function createOrders({ servers, keeper, problems, log }: OrdersOptions): Orders {
  let outlived = false;

  /** Servers of the site that carry nothing now: no reason to refuse, but they could never take over. */
  function noteStrangers(strangers: readonly string[]): void {
    if (strangers.length === 0) problems.clear('server-without-tunnel');
    else
      problems.set({
        kind: 'server-without-tunnel',
        message: `the fleet file gives this site ${strangers.join(', ')}, but this router has no tunnel for that`,
      });
  }

  return {
    async take(answer) {
      const verdict = judgeDirective(keeper.state(), answer, servers);
      outlived = verdict.kind === 'refused' && verdict.epoch !== null && verdict.epoch < keeper.state().epoch;
      if (verdict.kind === 'refused') {
        problems.set({ kind: 'directive-refused', ...(verdict.epoch === null ? {} : { epoch: verdict.epoch }), message: verdict.reason });
        return false;
      }
      problems.clear('directive-refused');
      noteStrangers(verdict.strangers);
      if (verdict.kind === 'accepted') {
        const directive = verdict.state.directive;
        log.info(`directive ${directive?.epoch}: ${JSON.stringify(directive?.weights)} by ${directive?.mode} (${directive?.why})`);
        await keeper.put(verdict.state);
      } else if (verdict.released.length > 0) await keeper.put(verdict.state);
      return true;
    },
    isOutlived: () => outlived,
  };
}
