import { addFlap, holdDownMs, penaltyAt } from './damping.ts';
import type { SiteState } from './site-state.ts';
import { insideOf, leaveBlame, type Standing } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';

/** A resignation lapses after this long, if the server was not seen to go down and come back before. */
export const RESIGN_LAPSES_AFTER_MS = 600_000;

/** Ends resignations: seen down and then well again, or lapsed. Before the standings are taken. */
export function endResignations(site: SiteState, rules: SiteRules, t: Ms): void {
  for (const server of Object.values(site.servers)) {
    if (server.resigned === null) continue;
    const { inside } = insideOf(server, rules.leaseMs, t);
    const down = server.health === 'down' || inside === 'dead';
    const seenDown = server.resigned.seenDown || down;
    const back = seenDown && !down && server.health === 'up';
    server.resigned = back || t >= server.resigned.t + RESIGN_LAPSES_AFTER_MS ? null : { ...server.resigned, seenDown };
  }
}

/** Keeps the record of each server's wellness: since when it is fit, its flaps, and whether it was moved away from while it was well. */
export function recordFitness(all: readonly Standing[], rules: SiteRules, t: Ms): void {
  for (const server of all) {
    const { state } = server;
    if (server.fit) {
      becomeFit(server, rules, t);
      continue;
    }
    const blame = leaveBlame(server, all, rules);
    const planned = blame === 'maintenance' || blame === 'resigned';
    if (blame === 'maintenance' && state.fitMs !== null && state.ramp > 0) state.displaced = true;
    if (blame !== null && !planned && state.wasFit) state.penalty = addFlap(state.penalty, t, rules.damping.halfLifeMs);
    if (blame !== null) state.wasFit = false;
    if (state.health === 'down' || server.inside === 'dead') state.displaced = false;
    state.fitMs = null;
  }
}

function becomeFit({ state }: Standing, rules: SiteRules, t: Ms): void {
  state.wasFit = true;
  // It has back what people took from it: nothing is owed to it any more.
  if (state.ramp === 100) state.displaced = false;
  if (state.fitMs !== null) return;
  state.fitMs = t;
  const penalty = penaltyAt(state.penalty, t, rules.damping.halfLifeMs);
  state.holdDownMs = holdDownMs(rules.preemptDelayMs, penalty, rules.damping.maxMs);
}
