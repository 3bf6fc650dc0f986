import type { Ms, ProbingRules, ServerChecks, Vote } from './types.ts';

/** One check of one server as one vantage sees it. */
export interface CheckState {
  vote: 'up' | 'down' | 'unknown';
  /** Successes in a row (positive) or failures in a row (negative). */
  streak: number;
  /** Time of the last evidence. */
  t: Ms;
  /** Time of the last evidence that agrees with `vote`: a success must not keep an old "down" fresh. */
  agreedT: Ms;
  /** Reason of the last failure. */
  reason: string;
}

/** What one vantage knows. Plain JSON; `servers[id][check]`, a hole where a check was not probed yet. */
export interface VantageState {
  /** Its witnesses fail too: what it says of servers is void. */
  blind: boolean;
  servers: Record<string, (CheckState | null)[]>;
}

export type VantageEvent =
  | { type: 'probe'; t: Ms; server: string; check: number; ok: boolean; reason?: string | undefined; ms?: number | undefined }
  | { type: 'witness'; t: Ms; ok: boolean };

/**
 * A failed probe that took more than this many timeouts tells of a late observer, not of a dead server: it is void.
 * (memberlist's Lifeguard: doubt yourself first.)
 */
export const LATE_AFTER_TIMEOUTS = 2;

/** The reason of a failure that none was given for. */
const FAILED = 'failed';
/** The reason of a result that says nothing of the server: the vantage may not connect there. */
const UNSUPPORTED = 'unsupported';

export function emptyVantage(): VantageState {
  return { blind: false, servers: {} };
}

/**
 * Takes one piece of evidence. Rise and fall are HAProxy's: `fall` failures in a row make a check down, `rise` successes in a row make it up
 * again; from `unknown` one success is proof of life. The same evidence twice (equal time, server and check) counts once.
 * @returns the state that came in when nothing changed; it is never touched
 */
export function stepVantage(state: VantageState, rules: ProbingRules, event: VantageEvent): VantageState {
  const draft: VantageState = { ...state };
  if (event.type === 'probe') {
    const checks = state.servers[event.server]?.map((check) => (check === null ? null : { ...check }));
    draft.servers = { ...state.servers, ...(checks === undefined ? {} : { [event.server]: checks }) };
  }
  return see(draft, rules, event.t, event) ? draft : state;
}

/** One piece of evidence without its time. */
export type Sight =
  | { type: 'probe'; server: string; check: number; ok: boolean; reason?: string | undefined; ms?: number | undefined }
  | { type: 'witness'; ok: boolean };

/** `stepVantage` in place, for a caller that owns the state. @returns whether anything changed */
export function see(state: VantageState, rules: ProbingRules, t: Ms, sight: Sight): boolean {
  if (sight.type === 'witness') return witness(state, sight.ok);
  // Too many of its own connects hang already: it has not looked.
  if (state.blind || sight.reason === 'crowded') return false;
  if (!sight.ok && sight.ms !== undefined && sight.ms > LATE_AFTER_TIMEOUTS * rules.timeoutMs) return false;
  let checks = state.servers[sight.server];
  if (checks === undefined) {
    checks = [];
    state.servers[sight.server] = checks;
  }
  while (checks.length <= sight.check) checks.push(null);
  const before = checks[sight.check] ?? null;
  if (sight.reason === UNSUPPORTED) return abstain(checks, sight.check, t);
  const known = before?.reason === UNSUPPORTED ? null : before;
  if (known?.t === t) return sameFailure(known, sight.ok, sight.reason);
  const check = known ?? { vote: 'unknown', streak: 0, t, agreedT: t, reason: '' };
  checks[sight.check] = check;
  judgeCheck(check, rules, sight.ok, t, sight.reason ?? FAILED);
  return true;
}

/** Where a place may not look it has seen nothing, and this check has no say until it may. What was seen at the same instant stands. */
function abstain(checks: (CheckState | null)[], check: number, t: Ms): boolean {
  const known = checks[check];
  if (known?.t === t || known?.reason === UNSUPPORTED) return false;
  checks[check] = { vote: 'unknown', streak: 0, t, agreedT: t, reason: UNSUPPORTED };
  return true;
}

/** The same evidence again, and counted; of several reasons that one instant gives for a failure, the first in the alphabet stands. */
function sameFailure(known: CheckState, ok: boolean, reason = FAILED): boolean {
  if (ok || known.streak > 0 || reason >= known.reason) return false;
  known.reason = reason;
  return true;
}

function judgeCheck(check: CheckState, rules: ProbingRules, ok: boolean, t: Ms, reason: string): void {
  check.streak = ok ? Math.max(check.streak, 0) + 1 : Math.min(check.streak, 0) - 1;
  check.t = t;
  if (ok && (check.vote === 'unknown' || check.streak >= rules.rise)) check.vote = 'up';
  if (!ok) check.reason = reason;
  if (-check.streak >= rules.fall) check.vote = 'down';
  if (check.vote === (ok ? 'up' : 'down')) check.agreedT = t;
}

/** Going blind voids all that was seen: failures counted on the way into blindness must not survive it. */
function witness(state: VantageState, ok: boolean): boolean {
  if (state.blind !== ok) return false;
  state.blind = !ok;
  if (!ok) state.servers = {};
  return true;
}

const UNSEEN: Vote = { vote: 'unknown', t: 0, why: 'not probed yet' };

/**
 * The vantage's vote on one server: down when any critical check is down, up when all of them are up, else unknown. Checks that are not critical
 * have no say, nor have those that cannot be made from here. A blind vantage abstains.
 */
export function voteOf(state: VantageState, server: string, checks: ServerChecks): Vote {
  if (state.blind) return { vote: 'unknown', t: 0, why: 'blind: its witnesses fail too' };
  const seen = state.servers[server];
  if (seen === undefined) return UNSEEN;
  let oldest = Number.POSITIVE_INFINITY;
  let newestDown: CheckState | null = null;
  let allUp = true;
  for (let i = 0; i < checks.critical.length; i++) {
    if (!checks.critical[i]) continue;
    const check = seen[i] ?? null;
    if (check?.reason === UNSUPPORTED) continue;
    if (check === null || check.vote !== 'up') allUp = false;
    if (check === null) continue;
    oldest = Math.min(oldest, check.agreedT);
    if (check.vote === 'down' && (newestDown === null || check.agreedT > newestDown.agreedT)) newestDown = check;
  }
  if (newestDown !== null)
    return { vote: 'down', t: newestDown.agreedT, why: `${newestDown.reason}, ${-Math.min(newestDown.streak, 0)} in a row` };
  if (allUp && Number.isFinite(oldest)) return { vote: 'up', t: oldest, why: 'answers' };
  return UNSEEN;
}

/** `voteOf` for every server that has checks. */
export function votesOf(state: VantageState, checks: Record<string, ServerChecks>): Record<string, Vote> {
  return Object.fromEntries(Object.entries(checks).map(([server, list]) => [server, voteOf(state, server, list)]));
}

/**
 * Whether a verdict on this server is under way: some check's last results speak against its vote. The vantage then probes at the fast cadence
 * and asks the others for a second opinion.
 */
export function isSuspect(state: VantageState, server: string): boolean {
  return (state.servers[server] ?? []).some(
    (check) => check !== null && ((check.streak < 0 && check.vote !== 'down') || (check.streak > 0 && check.vote === 'down')),
  );
}
