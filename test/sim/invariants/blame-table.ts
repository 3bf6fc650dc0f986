import type { DirectiveEffect } from '../../../worker/engine/types.ts';
import type { SiteTurn } from '../watch.ts';
import { insideOf, isWell, weightOf } from './evidence.ts';
import type { Invariant } from './invariant.ts';

const FAILOVERS: readonly string[] = ['server-down', 'path-down', 'site-unseen', 'outside-only', 'resigned'];

/** Whether the evidence of the instant bears the blame against this server. */
function isGuilty(turn: SiteTurn, server: string, blame: string): boolean {
  const { after, rules, t } = turn;
  const state = after?.servers[server];
  if (after === null || state === undefined) return true;
  const inside = insideOf(after, rules, server, t);
  const isCut = inside === 'dead' || isLatched(turn, server);
  switch (blame) {
    case 'server-down':
      return isCut && state.health === 'down';
    case 'path-down':
      return isCut && state.health !== 'down';
    case 'site-unseen':
      return inside === 'silent' && state.health === 'down';
    case 'outside-only':
      return inside === 'alive' && state.health === 'down' && rules.trustOutside;
    default:
      return state.resigned !== null;
  }
}

/** Whether it carries less than before. A share that was lost may have been one that rounds to 0 %: the others' shares shift with it all the same. */
function loses({ before, after }: SiteTurn, server: string): boolean {
  const lostItsShare = (before?.servers[server]?.ramp ?? 0) > 0 && after?.servers[server]?.ramp === 0;
  return weightOf(after, server) < weightOf(before, server) || lostItsShare;
}

/** A directive lifts the latches that it was made for, so the state after it does not show them. */
function isLatched({ before, events }: SiteTurn, server: string): boolean {
  const isRenewed = events.some((event) => event.type === 'poll');
  const isNew = events.some((event) => event.type === 'latched' && event.server === server);
  return isNew || (!isRenewed && before?.servers[server]?.latched === true);
}

export const BLAME_TABLE: Invariant = {
  name: 'blame-table',
  holds:
    'The edge takes traffic by failover only from servers that its evidence speaks against, by the row of the blame table that it names, and gives more only to a server that is proven good: alive inside, or up outside while the router is silent; one that carries already may get its part of a lost share while nothing speaks against it.',
  watch({ broken }) {
    const judge = (turn: SiteTurn, effect: DirectiveEffect): void => {
      const { site, before, after, rules, t } = turn;
      if (before?.weights == null || after === null || effect.blame === 'none') return;
      const losers = rules.servers.filter(({ id }) => loses(turn, id)).map(({ id }) => id);
      const gainers = rules.servers.filter(({ id }) => weightOf(after, id) > weightOf(before, id)).map(({ id }) => id);
      if (FAILOVERS.includes(effect.blame) && !losers.some((id) => isGuilty(turn, id, effect.blame)))
        broken(site, `a failover by ${effect.blame} takes traffic from ${losers.join()}, none of which it can be said of (${effect.why})`);
      for (const id of gainers) {
        const inside = insideOf(after, rules, id, t);
        const health = after.servers[id]?.health;
        const proven = inside === 'alive' || (inside === 'silent' && health === 'up');
        if (weightOf(before, id) > 0 && inside === 'silent' && health === 'unknown') continue;
        if (!proven)
          broken(site, `${id} gets ${weightOf(after, id)} % although it is ${health} outside and ${inside} inside (${effect.why})`);
      }
    };
    return {
      siteTurn(turn) {
        for (const effect of turn.effects) if (effect.type === 'directive') judge(turn, effect);
      },
    };
  },
};

/** With three and more, those in a stage of their return may lose it to one that takes all; whoever has the rest of the traffic may not. */
function mayShift({ rules, before }: SiteTurn, server: string): boolean {
  if (rules.servers.length <= 2) return false;
  return rules.policy === 'weighted' || before?.servers[server]?.ramp !== 100;
}

export const NEVER_TO_WORSE: Invariant = {
  name: 'never-to-worse',
  holds:
    'A failover never takes traffic from a server that is well (up outside, alive inside, in service) for the sake of another; only shares of several that carry, and stages of returns, may shift.',
  watch({ broken }) {
    return {
      siteTurn(turn) {
        const { site, rules, t, before, after, effects } = turn;
        for (const effect of effects) {
          if (effect.type !== 'directive' || before?.weights == null || after === null || !FAILOVERS.includes(effect.blame)) continue;
          const wronged = rules.servers.find(
            ({ id }) => loses(turn, id) && !mayShift(turn, id) && isWell(after, rules, id, t) && !isLatched(turn, id),
          );
          if (wronged !== undefined) broken(site, `${effect.blame} takes traffic from ${wronged.id}, which is well (${effect.why})`);
        }
      },
    };
  },
};
