import type { Blame } from '../protocol/health.ts';
import { carries } from './failover.ts';
import type { SiteState } from './site-state.ts';
import { agentSilent, leaveBlame, type Standing, takers } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';
import * as why from './why.ts';

export interface Hold {
  blame: Blame;
  why: string;
}

/**
 * What is wrong with the Active, or with another one that carries, although traffic stays: the holding rows of the blame table (DESIGN §2). `none`:
 * nothing is wrong.
 */
export function holdOf(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Hold {
  const active = all.find((server) => server.id === site.active);
  const held = active === undefined ? null : activeHold(site, active, all, rules, t);
  if (held !== null) return held;
  // Active-active: each that carries is one.
  const doubted = all.find(
    (server) => server !== active && carries(site, server) && isDownOutsideOnly(server) && !isAboutToLeave(server, rules),
  );
  return doubted === undefined ? { blame: 'none', why: why.holdIsOver(site.hold, active) } : outsideHold(doubted, all);
}

function activeHold(site: SiteState, active: Standing, all: readonly Standing[], rules: SiteRules, t: Ms): Hold | null {
  const allDown = all.every((server) => server.state.health === 'down');
  if (isAboutToLeave(active, rules) && !allDown) return { blame: site.hold, why: 'a verdict is about to be sure' };
  if (agentSilent(site, rules, t)) return silentHold(site, active, all, rules, t);
  if (active.inside === 'dead') {
    const alive = all.filter((server) => server.inside === 'alive');
    if (alive.length === 0) return { blame: 'uplink-down', why: why.uplinkDown(all) };
    return { blame: site.hold, why: 'a target is about to be proven' };
  }
  if (isDownOutsideOnly(active)) return outsideHold(active, all);
  const blame = leaveBlame(active, all, rules);
  if (blame === null || (blame === 'resigned' && takers(active, blame, all, rules, t).length > 0)) return null;
  return { blame, why: why.nobodyElse(active, blame, all) };
}

/** The outside alone will take its traffic in a moment, when no other verdict of the same round has come. */
function isAboutToLeave({ state, inside, downForSure }: Standing, { trustOutside }: SiteRules): boolean {
  return state.health === 'down' && !downForSure && (inside === 'silent' || (inside === 'alive' && trustOutside));
}

function isDownOutsideOnly({ inside, state }: Standing): boolean {
  return inside === 'alive' && state.health === 'down';
}

function outsideHold(carrier: Standing, all: readonly Standing[]): Hold {
  const allDown = all.every((server) => server.state.health === 'down');
  if (allDown) return { blame: 'monitor-doubtful', why: why.monitorDoubtful(carrier, all) };
  return { blame: 'outside-only', why: why.outsideOnly(carrier) };
}

/** An agent that was never heard gets a lease from the start to show up: null until then. */
function silentHold(site: SiteState, active: Standing, all: readonly Standing[], rules: SiteRules, t: Ms): Hold | null {
  const since = site.heardMs ?? site.startedMs ?? t;
  if (t < since + rules.leaseMs) return null;
  if (active.state.health === 'down') return { blame: 'site-unseen', why: why.nobodyElse(active, 'site-unseen', all) };
  return { blame: 'site-offline', why: why.siteOffline(active, t - since, rules.leaseMs, site.heardMs !== null) };
}
