import { isSuspect, type VantageState, votesOf } from '../engine/vantage.ts';
import { isEvidence } from '../probes/probe.ts';
import type { Reading, VantageRound, VantageSnapshot } from './contract.ts';
import type { Seen } from './vantage-round.ts';

type Orders = NonNullable<VantageSnapshot['vantage']>;

/**
 * A black hole costs the whole timeout at every look. While a verdict is under way a look waits for four times what the answer usually takes, and at least for
 * the fast interval: a lost packet is sent again within a second, and three looks in a row have to fail.
 */
const BURST_FACTOR = 4;
const BURST_FLOOR_MS = 500;
/** Of a slow answer, at each quicker one that follows. */
const SLOW_IS_REMEMBERED = 0.9;

const UNSUPPORTED = 'connections to it are not supported from here';

/** The last result of each check, for people: latency, and what cannot be probed from here. Kept in memory only. */
export class LastSeen {
  private readonly results = new Map<string, Seen[]>();
  /** How long an answer takes, by server and check: the slowest of late, in milliseconds. */
  private readonly usual = new Map<string, number[]>();

  note(seen: Seen): void {
    const checks = this.results.get(seen.server) ?? [];
    checks[seen.check] = seen;
    this.results.set(seen.server, checks);
    if (!seen.ok) return;
    const usual = this.usual.get(seen.server) ?? [];
    usual[seen.check] = Math.max(seen.ms, (usual[seen.check] ?? 0) * SLOW_IS_REMEMBERED);
    this.usual.set(seen.server, usual);
  }

  /** How long a check may take while a verdict is under way: some times what its answer takes, and the whole timeout where that is not known. */
  burstTimeoutMs({ timeoutMs, fastIntervalMs }: Orders['rules'], server: string, check: number): number {
    const usualMs = this.usual.get(server)?.[check];
    if (usualMs === undefined) return timeoutMs;
    return Math.min(timeoutMs, Math.max(BURST_FLOOR_MS, fastIntervalMs, BURST_FACTOR * usualMs));
  }

  forget(): void {
    this.results.clear();
    this.usual.clear();
  }

  /** Under other orders: of servers that are looked at as before everything stays, of others nothing. */
  carryOver(before: Orders | null, after: Orders | null): void {
    const looks = (orders: Orders | null, id: string) => JSON.stringify(orders?.servers.find((server) => server.id === id)?.checks);
    for (const id of [...this.results.keys()]) {
      if (looks(before, id) === looks(after, id)) continue;
      this.results.delete(id);
      this.usual.delete(id);
    }
  }

  /** Of every check that could be looked at from here. */
  readings(): Reading[] {
    return [...this.results.values()].flat().flatMap((seen) => {
      if (seen === undefined || !isEvidence(seen)) return [];
      const { server, check, t, ok, ms, status } = seen;
      return [{ server, check, t, ok, ms, ...(status === undefined ? {} : { status }) }];
    });
  }

  /** Of the first check that answered, in milliseconds. */
  latencyMs(server: string): number | null {
    return this.results.get(server)?.find((seen) => seen?.ok)?.ms ?? null;
  }

  /** Of one check, or of any. */
  isUnsupported(server: string, check?: number): boolean {
    const results = this.results.get(server) ?? [];
    return (check === undefined ? results : [results[check]]).some((seen) => seen?.reason === 'unsupported');
  }
}

/** What this vantage now says, as the Fleet takes it. A check that cannot be made from here has no say. */
export function reportOf(snapshot: VantageSnapshot, state: VantageState, seen: LastSeen, colo: string | null, t: number): VantageRound {
  const servers = snapshot.vantage?.servers ?? [];
  const checks = Object.fromEntries(
    servers.map(({ id, checks }) => [id, { critical: checks.map(({ critical }, check) => critical && !seen.isUnsupported(id, check)) }]),
  );
  const votes: VantageRound['votes'] = {};
  for (const [id, vote] of Object.entries(votesOf(state, checks))) {
    const why = vote.vote === 'unknown' && seen.isUnsupported(id) ? UNSUPPORTED : vote.why;
    votes[id] = { ...vote, why, latencyMs: seen.latencyMs(id) };
  }
  return {
    vantage: snapshot.vantage?.id ?? '',
    shard: snapshot.vantage?.shard ?? 0,
    revision: snapshot.revision,
    t,
    colo,
    sighted: !state.blind,
    votes,
    suspects: suspectsOf(snapshot, state),
  };
}

/** Servers about which a verdict is under way. */
export function suspectsOf(snapshot: VantageSnapshot, state: VantageState): string[] {
  return (snapshot.vantage?.servers ?? []).map(({ id }) => id).filter((id) => isSuspect(state, id));
}

/** What of a report is worth telling at once when it changes. */
export function gist(report: VantageRound): string {
  return JSON.stringify([report.sighted, Object.entries(report.votes).map(([id, { vote }]) => [id, vote]), report.suspects]);
}

/** The same without suspicion: what is worth a row. */
export function verdicts(report: VantageRound): string {
  return gist({ ...report, suspects: [] });
}
