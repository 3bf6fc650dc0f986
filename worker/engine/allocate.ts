import type { Weights } from '../protocol/health.ts';

/** One server as the allocation sees it, in order of preference. */
export interface Share {
  id: string;
  /** Capacity, for `weighted`. */
  weight: number;
  /** Percent of its own share that it may carry now (a stage of its return), 0–100. */
  ramp: number;
}

/**
 * Percents of new flows from ramps. `priority`: each server takes its ramp of what the ones before it left. `weighted`: each takes its ramp of its
 * share by capacity, and what is not taken goes to those at 100 in proportion.
 * @returns integers for all servers that sum to 100, or null when no server may carry
 */
export function allocate(policy: 'priority' | 'weighted', shares: readonly Share[]): Weights | null {
  const exact = policy === 'priority' ? cascade(shares) : proportion(shares);
  if (exact === null) return null;
  const percents = wholePercents(exact);
  return Object.fromEntries(shares.map((share, i) => [share.id, percents[i] ?? 0]));
}

function cascade(shares: readonly Share[]): number[] | null {
  const carrying = shares.filter((share) => share.ramp > 0);
  const last = carrying.at(-1);
  if (last === undefined) return null;
  let left = 100;
  return shares.map((share) => {
    const taken = share === last ? left : (left * share.ramp) / 100;
    left -= taken;
    return taken;
  });
}

function proportion(shares: readonly Share[]): number[] | null {
  const capacity = shares.reduce((sum, share) => sum + (share.ramp > 0 ? share.weight : 0), 0);
  if (capacity === 0) return null;
  const first = shares.map((share) => (share.ramp > 0 ? (share.weight / capacity) * share.ramp : 0));
  const left = 100 - first.reduce((sum, part) => sum + part, 0);
  const takers = shares.map((share) => (share.ramp === 100 ? share.weight : 0));
  const takersSum = takers.reduce((sum, part) => sum + part, 0);
  if (takersSum === 0) return first.map((part) => (part * 100) / (100 - left));
  return first.map((part, i) => part + (left * (takers[i] ?? 0)) / takersSum);
}

/** Rounds parts that sum to 100 to integers that sum to 100 (largest remainder, Hamilton's method); equal remainders go to the earlier part. */
export function wholePercents(exact: readonly number[]): number[] {
  const floors = exact.map((part) => Math.floor(part + 1e-9));
  let missing = 100 - floors.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact.map((part, i) => ({ i, rest: part - (floors[i] ?? 0) })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of byRemainder) {
    if (missing <= 0) break;
    floors[i] = (floors[i] ?? 0) + 1;
    missing--;
  }
  return floors;
}
