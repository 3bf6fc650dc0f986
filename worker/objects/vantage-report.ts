import { isSuspect, type VantageState, votesOf } from '../engine/vantage.ts';
import type { Reading, VantageRound, VantageSnapshot } from './contract.ts';
import type { Seen } from './vantage-round.ts';

const UNSUPPORTED = 'connections to it are not supported from here';

/** The last result of each check, for people: latency, and what cannot be probed from here. Kept in memory only. */
export class LastSeen {
  private readonly results = new Map<string, Seen[]>();

  note(seen: Seen): void {
    const checks = this.results.get(seen.server) ?? [];
    checks[seen.check] = seen;
    this.results.set(seen.server, checks);
  }

  forget(): void {
    this.results.clear();
  }

  /** Of every check that could be looked at from here. */
  readings(): Reading[] {
    return [...this.results.values()].flat().flatMap((seen) => {
      if (seen === undefined || seen.reason === 'unsupported') return [];
      const { server, check, t, ok, ms, status } = seen;
      return [{ server, check, t, ok, ms, ...(status === undefined ? {} : { status }) }];
    });
  }

  /** Of the first check that answered, in milliseconds. */
  latencyMs(server: string): number | null {
    return this.results.get(server)?.find((seen) => seen?.ok)?.ms ?? null;
  }

  isUnsupported(server: string): boolean {
    return this.results.get(server)?.some((seen) => seen?.reason === 'unsupported') ?? false;
  }
}

/** What this vantage now says, as the Fleet takes it. */
export function reportOf(snapshot: VantageSnapshot, state: VantageState, seen: LastSeen, colo: string | null, t: number): VantageRound {
  const servers = snapshot.vantage?.servers ?? [];
  const checks = Object.fromEntries(servers.map(({ id, checks }) => [id, { critical: checks.map(({ critical }) => critical) }]));
  const votes: VantageRound['votes'] = {};
  for (const [id, vote] of Object.entries(votesOf(state, checks))) {
    const why = vote.vote === 'unknown' && seen.isUnsupported(id) ? UNSUPPORTED : vote.why;
    votes[id] = { ...vote, why, latencyMs: seen.latencyMs(id) };
  }
  return {
    vantage: snapshot.vantage?.id ?? '',
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
