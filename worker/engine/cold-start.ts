import type { Move } from './failover.ts';
import type { SiteState } from './site-state.ts';
import { agentSilent, inService, type Standing } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';
import * as why from './why.ts';

/** A cold start waits this many probing intervals for verdicts. */
const PATIENCE_INTERVALS = 3;

export function coldStartDueMs(site: SiteState, rules: SiteRules): Ms | null {
  return site.weights === null && site.startedMs !== null ? site.startedMs + PATIENCE_INTERVALS * rules.intervalMs : null;
}

/** The first election: when every server has a verdict, or patience is over. All traffic at once, no preempt delay. Writes the ramps. */
export function coldStart(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Move | null {
  const dueMs = coldStartDueMs(site, rules);
  if (dueMs === null) return null;
  const judged = all.every((server) => server.state.health !== 'unknown');
  if (!judged && t < dueMs) return null;
  const able = candidates(site, all, rules, t);
  const best = able[0];
  if (best === undefined) return null;
  for (const server of rules.policy === 'weighted' && site.override === null ? able : [best]) server.state.ramp = 100;
  return { blame: 'none', mode: 'drain', why: why.start(best, judged) };
}

/** Up outside and not dead inside; failing that, those that the router reaches: unknown outside first, down outside last. */
function candidates(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Standing[] {
  const serving = all.filter((server) => inService(server) && server.inside !== 'dead');
  const up = serving.filter((server) => server.state.health === 'up');
  if (up.length > 0 || agentSilent(site, rules, t)) return up;
  // A router that reaches nobody has to start somewhere: where the outside says that it is well.
  if (serving.length === 0) return all.filter((server) => inService(server) && server.state.health === 'up');
  const reached = serving.filter((server) => server.inside === 'alive');
  const unknown = reached.filter((server) => server.state.health === 'unknown');
  return unknown.length > 0 ? unknown : reached;
}
