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
 * All `events` are of the instant `t`; call it with none when `fleetDueMs` is reached. The state that came in is not touched.
 */
export function stepFleet(
  state: FleetState,
  rules: FleetRules,
  instant: { t: Ms; events: readonly FleetEvent[] },
): { state: FleetState; effects: HealthChange[] } {
  const servers = Object.fromEntries(
    Object.entries(state.servers).map(([id, server]) => [id, { ...server, votes: { ...server.votes } }] as const),
  );
  const draft: FleetState = { servers };
  for (const event of instant.events) {
    if (event.type !== 'votes') maintain(draft, rules, event);
    else for (const [id, vote] of Object.entries(event.votes)) hearVote(draft, rules, id, event.vantage, vote, event.sighted);
  }
  return { state: draft, effects: judgeHealth(draft, rules, instant.t) };
}

function serverOf(state: FleetState, id: string): FleetServerState {
  let server = state.servers[id];
  if (server === undefined) {
    server = emptyServer();
    state.servers[id] = server;
  }
  return server;
}

/** Takes one vote, in place. */
export function hearVote(
  state: FleetState,
  rules: FleetRules,
  id: string,
  vantage: string,
  { vote, t, why }: Vote,
  sighted: boolean,
): void {
  if (rules.servers.includes(id)) serverOf(state, id).votes[vantage] = { vote, t, why, sighted };
}

/** Begins or ends a maintenance, in place. */
export function maintain(state: FleetState, rules: FleetRules, event: Exclude<FleetEvent, { type: 'votes' }>): void {
  if (!rules.servers.includes(event.server)) return;
  serverOf(state, event.server).maintenance = event.type === 'maintenance' ? { until: event.until ?? null } : null;
}

/** Decides every server's health at `t`, in place, in the order of the rules. `only`: no other server can have changed. */
export function judgeHealth(state: FleetState, rules: FleetRules, t: Ms, only?: readonly string[]): HealthChange[] {
  const changes: HealthChange[] = [];
  const ttlMs = voteTtlMs(rules.probing);
  for (const id of rules.servers) {
    if (only !== undefined && !only.includes(id)) continue;
    const server = serverOf(state, id);
    const from = server.health;
    decide(server, id, ttlMs, t);
    if (server.health !== from) changes.push({ t, type: 'health', server: id, from, to: server.health, why: server.why });
  }
  return changes;
}

function decide(server: FleetServerState, id: string, ttlMs: Ms, t: Ms): void {
  const verdict = quorum(server, ttlMs, t);
  if (verdict !== server.verdict) {
    server.verdict = verdict;
    server.verdictWhy = quorumWhy(server, ttlMs, t);
  }
  const until = server.maintenance?.until ?? null;
  if (until !== null && until <= t) server.maintenance = null;
  const health: Health = server.maintenance === null ? verdict : 'maintenance';
  if (health === server.health) return;
  server.health = health;
  server.sinceMs = t;
  server.why = health === 'maintenance' ? `${id} is in maintenance` : `${id} is ${health}: ${server.verdictWhy}`;
}

/** A vote that is believed now: cast with sight, saying something, and not yet expired. */
function counts(vote: CastVote, ttlMs: Ms, t: Ms): boolean {
  return vote.sighted && vote.vote !== 'unknown' && t < vote.t + ttlMs;
}

function quorum(server: FleetServerState, ttlMs: Ms, t: Ms): FleetServerState['verdict'] {
  let up = 0;
  let down = 0;
  for (const vantage in server.votes) {
    const vote = server.votes[vantage];
    if (vote === undefined || !counts(vote, ttlMs, t)) continue;
    if (vote.vote === 'up') up++;
    else down++;
  }
  if (up + down === 0) return 'unknown';
  if (up === down) return server.verdict;
  return up > down ? 'up' : 'down';
}

/** The sentence for the verdict that was just reached: who said it, and how many decide. */
function quorumWhy(server: FleetServerState, ttlMs: Ms, t: Ms): string {
  if (server.verdict === 'unknown') return 'no fresh, sighted vote is left';
  const fresh = Object.entries(server.votes).filter(([, vote]) => counts(vote, ttlMs, t));
  const agree = fresh.filter(([, { vote }]) => vote === server.verdict).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = agree.map(([vantage]) => vantage).join(', ');
  const reasons = server.verdict === 'down' ? `: ${[...new Set(agree.map(([, { why }]) => why))].join('; ')}` : '';
  const needed = Math.floor(fresh.length / 2) + 1;
  return `${agree.length} of ${fresh.length} vantages say ${server.verdict} (${names}${reasons}), ${needed} decide`;
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
