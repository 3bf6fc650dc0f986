import type { Blame } from '../protocol/health.ts';
import { isClearlyBetter, readingOf } from './quality.ts';
import type { SiteServerState, SiteState } from './site-state.ts';
import type { Ms, SiteRules, SiteServer } from './types.ts';

/** What the router's own heartbeats say of a server; `silent`: nothing fresh. */
export type Inside = 'alive' | 'dead' | 'silent';

/**
 * So long a verdict of the outside stands before it alone moves traffic. One round tells of several servers one after the other, and when all of them look
 * down it is the monitor that is doubtful: the first of them must not have lost its place by then.
 */
const OUTSIDE_ALONE_MS = 1000;

/** A server with all that this instant's evidence says of it. */
export interface Standing {
  id: string;
  /** Its place in the site's list. */
  place: number;
  rules: SiteServer;
  state: SiteServerState;
  inside: Inside;
  /** When any of its paths was last said to be alive. */
  aliveT: Ms | null;
  /** Down outside for so long that no other verdict of the same round is still to come. */
  downForSure: boolean;
  /** Well enough to be given traffic that another one carries well: up outside, alive inside and not poor, in service. */
  fit: boolean;
}

/** All servers of a site in order of preference: the pinned one first, then by priority, equal ones in the order of the site's list. */
export function standings(site: SiteState, rules: SiteRules, t: Ms): Standing[] {
  const list: Standing[] = [];
  for (const server of rules.servers) {
    const state = site.servers[server.id];
    if (state === undefined) throw new Error(`site ${rules.id}: no state for server ${server.id}`);
    const { inside, aliveT } = insideOf(state, rules.leaseMs, t);
    const fit = state.health === 'up' && inside === 'alive' && state.resigned === null && !state.latched && !state.poor;
    const downForSure = state.health === 'down' && t >= (downForSureMs(state) ?? t);
    list.push({ id: server.id, place: list.length, rules: server, state, inside, aliveT, downForSure, fit });
  }
  return list.sort(inPreference(site, rules));
}

/**
 * The pinned one first, then by priority; of equal ones the one that people moved traffic away from, then by their place in the site's list. Without
 * preemption the one that was moved aside goes before all priorities: it was Active by right.
 */
export function inPreference(site: SiteState, { preempt }: SiteRules): (a: Standing, b: Standing) => number {
  const first = site.override?.server;
  const pinned = (server: Standing) => Number(server.id === first);
  const aside = (server: Standing) => Number(server.state.displaced);
  const rank = (server: Standing) => (preempt ? 2 * server.rules.priority + aside(server) : 1000 * aside(server) + server.rules.priority);
  return (a, b) => pinned(b) - pinned(a) || rank(b) - rank(a) || a.place - b.place;
}

export function insideOf(state: SiteServerState, leaseMs: Ms, t: Ms): { inside: Inside; aliveT: Ms | null } {
  let inside: Inside = 'silent';
  let aliveT: Ms | null = null;
  for (const wan in state.paths) {
    const path = state.paths[wan];
    if (path === undefined) continue;
    if (path.aliveT !== null && (aliveT === null || path.aliveT > aliveT)) aliveT = path.aliveT;
    if (t >= path.t + leaseMs) continue;
    if (path.alive) inside = 'alive';
    else if (inside === 'silent') inside = 'dead';
  }
  return { inside, aliveT };
}

/** When a server that is down outside will have been so for long enough; null: it is not down. */
export function downForSureMs({ downMs }: SiteServerState): Ms | null {
  return downMs === null ? null : downMs + OUTSIDE_ALONE_MS;
}

/** Nothing was heard of the agent for a lease, or ever. */
export function agentSilent(site: SiteState, rules: SiteRules, t: Ms): boolean {
  return site.heardMs === null || t >= site.heardMs + rules.leaseMs;
}

/** In service: people have not taken it out, and it has not said that it goes down. */
export function inService(server: Standing): boolean {
  return server.state.health !== 'maintenance' && server.state.resigned === null;
}

/** Why a server must lose what it carries, by the blame table (DESIGN §2); null: it may keep it. */
export function leaveBlame(server: Standing, all: readonly Standing[], rules: SiteRules): Blame | null {
  const { state, inside, downForSure } = server;
  if (inside === 'dead' || state.latched) {
    const otherAlive = all.some((other) => other !== server && other.inside === 'alive');
    if (otherAlive) return state.health === 'down' ? 'server-down' : 'path-down';
    if (inside === 'dead') return null;
  }
  if (state.health === 'maintenance') return 'maintenance';
  if (state.resigned !== null) return 'resigned';
  if (downForSure && inside === 'silent') return 'site-unseen';
  if (downForSure && inside === 'alive' && rules.trustOutside) return 'outside-only';
  return state.poor ? 'weights' : null;
}

/**
 * Those that can take over from `leaving` right now, best first: proven good now, never merely hoped for. With evidence from inside: a heartbeat was
 * heard from it after the last one of the leaving server; one that is also up outside goes before one that is not, and one in maintenance or that has
 * resigned comes last. Without: up outside.
 */
export function takers(leaving: Standing, blame: Blame, all: readonly Standing[], rules: SiteRules, t: Ms): Standing[] {
  const others = all.filter((other) => other !== leaving && !other.state.latched);
  const candidates = others.filter(inService);
  const healthy = candidates.filter((other) => other.state.health === 'up');
  if (blame === 'weights') return betterOnes(leaving, healthy, rules, t);
  if (blame === 'site-unseen') return healthy.filter((other) => other.inside !== 'dead');
  if (blame === 'outside-only') return healthy.filter((other) => other.inside === 'alive');
  if (blame !== 'server-down' && blame !== 'path-down')
    return healthy.filter((other) => other.inside === (anySeen(all) ? 'alive' : 'silent'));
  const proven = others.filter((other) => other.inside === 'alive' && heardAfter(other, leaving));
  const [serving, retired] = [proven.filter(inService), proven.filter((other) => !inService(other))];
  // Nobody stays on a dead path while another lives: the router would not, whatever is directed.
  return [
    ...serving.filter((other) => other.state.health !== 'down'),
    ...serving.filter((other) => other.state.health === 'down'),
    ...retired,
  ];
}

/**
 * Those that would clearly serve better than a poor one. What has failed is no better until its hold-down has passed: to leave a path that is alive is
 * a choice, and is damped as a return is. Else traffic would go to and fro between a bad path and a flapping one.
 */
function betterOnes(leaving: Standing, healthy: readonly Standing[], { quality, leaseMs }: SiteRules, t: Ms): Standing[] {
  if (quality === undefined) return [];
  const bad = readingOf(leaving.state, leaseMs, t);
  return healthy.filter(
    (other) => other.fit && t >= (restedMs(other.state) ?? t) && isClearlyBetter(readingOf(other.state, leaseMs, t), bad, quality),
  );
}

/** When the hold-down of a server that has failed and is well again ends; null: it never failed, or is not well. */
export function restedMs({ fitMs, holdDownMs, penalty }: SiteServerState): Ms | null {
  return fitMs === null || penalty.value === 0 ? null : fitMs + holdDownMs;
}

/** Whether the router says anything of any server now. */
function anySeen(all: readonly Standing[]): boolean {
  return all.some((server) => server.inside !== 'silent');
}

function heardAfter(candidate: Standing, leaving: Standing): boolean {
  if (candidate.aliveT === null) return false;
  return leaving.state.latched || leaving.aliveT === null || candidate.aliveT > leaving.aliveT;
}
