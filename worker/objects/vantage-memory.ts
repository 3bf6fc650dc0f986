import type { CheckState, VantageState } from '../engine/vantage.ts';
import type { VantageSnapshot } from './contract.ts';

type Orders = NonNullable<VantageSnapshot['vantage']>;

/** What is still true of the detectors under new orders: a check that asks the same of the same server keeps its own, wherever it now stands. */
export function carryOver(state: VantageState, before: Orders | null, after: Orders | null): VantageState {
  const servers: VantageState['servers'] = {};
  for (const server of after?.servers ?? []) {
    const old = before?.servers.find(({ id }) => id === server.id)?.checks.map((check) => JSON.stringify(check)) ?? [];
    const detectors = server.checks.map((check): CheckState | null => {
      const place = old.indexOf(JSON.stringify(check));
      return place < 0 ? null : (state.servers[server.id]?.[place] ?? null);
    });
    if (detectors.some((detector) => detector !== null)) servers[server.id] = detectors;
  }
  return { blind: state.blind && (after?.witnesses.length ?? 0) > 0, servers };
}

/**
 * After a pause of our own (a restart, a late tick) the runs of successes and failures are broken: what lies on both sides of a gap is not "in a
 * row". Votes stay until new evidence, or until they expire at the Fleet.
 */
export function afterPause(state: VantageState): VantageState {
  const rested = (check: CheckState | null) => (check === null ? null : { ...check, streak: 0 });
  return { ...state, servers: Object.fromEntries(Object.entries(state.servers).map(([id, checks]) => [id, checks.map(rested)])) };
}

/** The start of the next round strictly after `nowMs`: rounds start on the epoch clock at `intervalMs × (n + phase)`, so that restarts do not shift them. */
export function nextRoundMs(nowMs: number, intervalMs: number, phase: number): number {
  const offset = Math.round(intervalMs * phase);
  return (Math.floor((nowMs - offset) / intervalMs) + 1) * intervalMs + offset;
}
