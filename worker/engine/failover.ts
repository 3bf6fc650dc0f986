import type { Blame, Mode, Weights } from '../protocol/health.ts';
import { allocate } from './allocate.ts';
import type { SiteState } from './site-state.ts';
import { leaveBlame, type Standing, takers } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';
import { skewTimeUs } from './vrrp.ts';
import * as why from './why.ts';

/** A change of weights that was decided, and the reason that people will read. */
export interface Move {
  blame: Blame;
  mode: Mode;
  why: string;
}

/** Flows that are there are carried on while the server that they run over still works. */
const GENTLE: ReadonlySet<Blame> = new Set(['maintenance', 'weights']);

/** VRRP's advertisement interval here is the heartbeat interval of the router, in milliseconds. */
const HEARTBEAT_INTERVAL_MS = 200;

/** Whether a server has a share, be it one that rounds to 0 %: with one it would get part of what another loses. */
export function carries(site: SiteState, server: Standing): boolean {
  return (site.weights?.[server.id] ?? 0) > 0 || server.state.ramp > 0;
}

/** The percents that the ramps give, all servers of the site named; null when no server may carry. People's wishes go before the policy. */
export function allocateAll(site: SiteState, all: readonly Standing[], rules: SiteRules): Weights | null {
  const shares = all.map(({ id, rules: { weight }, state: { ramp } }) => ({ id, weight, ramp }));
  const cascade = allocate(site.override === null ? rules.policy : 'priority', shares);
  return cascade === null ? null : Object.fromEntries(rules.servers.map(({ id }) => [id, cascade[id] ?? 0]));
}

/**
 * When a resigned server is followed: at once by an only candidate; where several could take over, after the best one's Skew_Time (RFC 9568),
 * rounded up to whole milliseconds.
 */
export function successionMs(leaving: Standing, all: readonly Standing[], rules: SiteRules, t: Ms): Ms {
  const since = leaving.state.resigned?.t ?? 0;
  const candidates = takers(leaving, 'resigned', all, rules, t);
  const best = candidates[0];
  if (best === undefined || candidates.length < 2) return since;
  return since + Math.ceil(skewTimeUs(HEARTBEAT_INTERVAL_MS * 1000, best.rules.priority) / 1000);
}

/**
 * Takes traffic from every carrier that must lose it, if a better one is proven good now. Writes the ramps; failover is never damped.
 * @returns the move, with the worst carrier's blame, or null when nobody has to leave or nobody can take over
 */
export function failOver(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Move | null {
  const leaving = all.filter((server) => carries(site, server) && mustLeave(server, all, rules, t));
  let move: Move | null = null;
  for (const server of leaving) {
    const blame = leaveBlame(server, all, rules);
    if (blame === null) continue;
    const able = stayersFirst(takers(server, blame, all, rules, t), leaving);
    const best = able[0];
    if (best === undefined) continue;
    server.state.ramp = 0;
    const heir = heirOf(site, able, rules) ?? best;
    promote(site, all, heir, rules);
    const mode = GENTLE.has(blame) ? 'drain' : 'cut';
    // The worst of several speaks: who is cut must not be left to drain.
    if (move === null || (move.mode === 'drain' && mode === 'cut'))
      move = { blame, mode, why: why.failover(server, heir, blame, rules.leaseMs, t) };
  }
  return move;
}

/** Only where nobody else can take over does one that has to leave too: it lives, and may well find nobody to go to itself. */
function stayersFirst(able: readonly Standing[], leaving: readonly Standing[]): readonly Standing[] {
  const stayers = able.filter((taker) => !leaving.includes(taker));
  return stayers.length > 0 ? stayers : able;
}

function mustLeave(server: Standing, all: readonly Standing[], rules: SiteRules, t: Ms): boolean {
  const blame = leaveBlame(server, all, rules);
  return blame !== null && (blame !== 'resigned' || t >= successionMs(server, all, rules, t));
}

/**
 * `priority`: whoever has the rest of the traffic takes what a returning server loses again. An idle one of higher priority may be well, but it is in its
 * hold-down, and a cut to it would break all flows of a server that works.
 */
function heirOf(site: SiteState, able: readonly Standing[], rules: SiteRules): Standing | undefined {
  return rules.policy === 'priority' ? able.find((server) => server.state.ramp === 100 && carries(site, server)) : undefined;
}

/** `priority`: the best one is Active, all of it. `weighted`: those at full share take over; the best one only if there is none. */
function promote(site: SiteState, all: readonly Standing[], best: Standing, rules: SiteRules): void {
  const full = all.some((server) => server.state.ramp === 100 && carries(site, server));
  if (rules.policy === 'priority' || !full) best.state.ramp = 100;
}
