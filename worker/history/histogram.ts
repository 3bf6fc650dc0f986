/*
 * Latencies, counted by logarithmic buckets (DDSketch, VLDB 2019): each bucket ends a tenth above the one before, so a quantile is off by at most 4.8 %,
 * whatever the distribution. Counts add up, so histograms merge without loss.
 */

/** Packed: nothing, or the number of the first bucket and the counts from there on. */
export type Histogram = readonly number[];

const GROWTH = 1.1;
const LEAST_MS = 0.1;
/** 0.1 ms to 65 s: no probe takes longer than its timeout, which is 60 s at most. */
export const BUCKETS = 142;

/** The greatest error of a quantile, relative to its value. */
export const QUANTILE_ERROR = (GROWTH - 1) / (GROWTH + 1);

export function withLatency(histogram: Histogram, ms: number): Histogram {
  return merged(histogram, [bucketOf(ms), 1]);
}

export function merged(a: Histogram, b: Histogram): Histogram {
  const [firstA, ...countsA] = a;
  const [firstB, ...countsB] = b;
  if (firstA === undefined) return b;
  if (firstB === undefined) return a;
  const first = Math.min(firstA, firstB);
  const end = Math.max(firstA + countsA.length, firstB + countsB.length);
  const count = (bucket: number) => (countsA[bucket - firstA] ?? 0) + (countsB[bucket - firstB] ?? 0);
  return [first, ...Array.from({ length: end - first }, (_, index) => count(first + index))];
}

export function countOf([, ...counts]: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The latency that the share `q` (0–1) of all is at or below, in milliseconds to two digits; null when nothing was counted. */
export function quantile(histogram: Histogram, q: number): number | null {
  const [first = 0, ...counts] = histogram;
  const rank = Math.max(1, Math.ceil(q * countOf(histogram)));
  let below = 0;
  for (const [index, count] of counts.entries()) {
    below += count;
    if (below >= rank) return Math.round(middleOf(first + index) * 100) / 100;
  }
  return null;
}

function bucketOf(ms: number): number {
  const bucket = Math.ceil(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / Math.log(GROWTH));
  return Math.min(bucket, BUCKETS - 1);
}

/** The value from which both ends of the bucket are equally far, relatively. */
function middleOf(bucket: number): number {
  return (LEAST_MS * GROWTH ** bucket * 2) / (1 + GROWTH);
}
