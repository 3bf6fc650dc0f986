import type { Health } from '../protocol/health.ts';
import type { HealthChange, Ms, ProbingRules, Vote } from './types.ts';

export interface FleetRules {
  probing: ProbingRules;
  servers: readonly string[];
}

/** A vantage's last vote, as the Fleet keeps it. */
export interface CastVote extends Vote {
  sighted: boolean;
}

export interface FleetServerState {
  votes: Record<string, CastVote>;
  /** What the quorum says; it stands until a strict majority says otherwise. */
  verdict: 'up' | 'down' | 'unknown';
  verdictWhy: string;
  /** Set while people keep the server out of service; `until` null: until undone. */
  maintenance: { until: Ms | null } | null;
  /** What the world is told: the verdict, or `maintenance`. */
  health: Health;
  sinceMs: Ms;
  why: string;
}

export interface FleetState {
  servers: Record<string, FleetServerState>;
}

export type FleetEvent =
  | { type: 'votes'; vantage: string; sighted: boolean; votes: Record<string, Vote> }
  | { type: 'maintenance'; server: string; until?: Ms | undefined }
  | { type: 'maintenance-end'; server: string };

export function emptyFleet(): FleetState {
  return { servers: {} };
}

const NO_VOTES_YET = 'no vantage has said anything yet';

function emptyServer(): FleetServerState {
  return { votes: {}, verdict: 'unknown', verdictWhy: NO_VOTES_YET, maintenance: null, health: 'unknown', sinceMs: 0, why: NO_VOTES_YET };
}

/** Votes are believed this long after their evidence, in milliseconds: three rounds and a timeout. */
export function voteTtlMs(probing: ProbingRules): Ms {
  return 3 * probing.intervalMs + probing.timeoutMs;
}

/**
 * The fleet's judge: a strict majority of fresh, sighted votes for down, or for up; a tie leaves the last verdict. No votes: unknown.
 * All `events` are of the instant `t`; call it with none when `fleetDueMs` is reached.
 */
export function stepFleet(
  state: FleetState,
  rules: FleetRules,
  instant: { t: Ms; events: readonly FleetEvent[] },
): { state: FleetState; effects: HealthChange[] } {
  const servers = { ...state.servers };
  for (const event of instant.events) observe(servers, rules, event);
  const effects: HealthChange[] = [];
  for (const id of rules.servers) {
    const before = servers[id] ?? emptyServer();
    const after = decide(before, id, rules, instant.t);
    servers[id] = after;
    if (after.health !== before.health)
      effects.push({ t: instant.t, type: 'health', server: id, from: before.health, to: after.health, why: after.why });
  }
  return { state: { servers }, effects };
}

function observe(servers: Record<string, FleetServerState>, rules: FleetRules, event: FleetEvent): void {
  if (event.type === 'votes') {
    for (const [id, vote] of Object.entries(event.votes)) {
      if (!rules.servers.includes(id)) continue;
      const server = servers[id] ?? emptyServer();
      servers[id] = { ...server, votes: { ...server.votes, [event.vantage]: { ...vote, sighted: event.sighted } } };
    }
    return;
  }
  if (!rules.servers.includes(event.server)) return;
  const server = servers[event.server] ?? emptyServer();
  servers[event.server] = { ...server, maintenance: event.type === 'maintenance' ? { until: event.until ?? null } : null };
}

function decide(server: FleetServerState, id: string, rules: FleetRules, t: Ms): FleetServerState {
  const { verdict, why } = quorum(server, voteTtlMs(rules.probing), t);
  const until = server.maintenance?.until ?? null;
  const maintenance = until !== null && until <= t ? null : server.maintenance;
  const health: Health = maintenance === null ? verdict : 'maintenance';
  const next = { ...server, verdict, verdictWhy: why, maintenance };
  if (health === server.health) return next;
  const told = health === 'maintenance' ? `${id} is in maintenance` : `${id} is ${health}: ${why}`;
  return { ...next, health, sinceMs: t, why: told };
}

function quorum(server: FleetServerState, ttlMs: Ms, t: Ms): { verdict: FleetServerState['verdict']; why: string } {
  const up: string[] = [];
  const down: string[] = [];
  let reason = '';
  for (const [vantage, vote] of Object.entries(server.votes)) {
    if (!vote.sighted || vote.vote === 'unknown' || t >= vote.t + ttlMs) continue;
    (vote.vote === 'up' ? up : down).push(vantage);
    if (vote.vote === 'down') reason = vote.why;
  }
  const total = up.length + down.length;
  if (total === 0) return { verdict: 'unknown', why: server.verdict === 'unknown' ? server.verdictWhy : 'no fresh, sighted vote is left' };
  const needed = Math.floor(total / 2) + 1;
  if (down.length >= needed)
    return {
      verdict: 'down',
      why: `${down.length} of ${total} vantages say down (${down.sort().join(', ')}: ${reason}), ${needed} decide`,
    };
  if (up.length >= needed)
    return { verdict: 'up', why: `${up.length} of ${total} vantages say up (${up.sort().join(', ')}), ${needed} decide` };
  return { verdict: server.verdict, why: server.verdictWhy };
}

/** When `stepFleet` next wants to be called without events: a vote or a maintenance runs out. Null: nothing is pending. */
export function fleetDueMs(state: FleetState, rules: FleetRules, afterMs: Ms = Number.NEGATIVE_INFINITY): Ms | null {
  const ttlMs = voteTtlMs(rules.probing);
  let due = Number.POSITIVE_INFINITY;
  for (const id of rules.servers) {
    const server = state.servers[id];
    if (server === undefined) continue;
    const until = server.maintenance?.until ?? null;
    if (until !== null) due = Math.min(due, until);
    for (const vote of Object.values(server.votes)) {
      const expiry = vote.t + ttlMs;
      if (vote.vote !== 'unknown' && expiry > afterMs) due = Math.min(due, expiry);
    }
  }
  return Number.isFinite(due) ? due : null;
}

/** What the world is told of a server. */
export function healthOf(state: FleetState, server: string): { health: Health; sinceMs: Ms; why: string } {
  const known = state.servers[server] ?? emptyServer();
  return { health: known.health, sinceMs: known.sinceMs, why: known.why };
}
