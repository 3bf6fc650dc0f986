import * as z from 'zod/mini';
import type { Health } from '../protocol/health.ts';
import { countSchema } from '../protocol/numbers.ts';
import { BUCKETS, type Histogram, merged } from './histogram.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** How long a server was what, in milliseconds. What is none of these is unknown: nobody saw it, or nobody was there to write it down. */
const spansSchema = z.object({
  up: countSchema,
  down: countSchema,
  maintenance: countSchema,
});
export type Spans = z.infer<typeof spansSchema>;

const histogramSchema: z.ZodMiniType<Histogram> = z.array(countSchema).check(z.maxLength(BUCKETS + 1));

/** One server in one interval: an hour or a day. Latencies by vantage. */
export const rollupSchema = z.extend(spansSchema, { latency: z.record(z.string(), histogramSchema) });
export type Rollup = z.infer<typeof rollupSchema>;

export const EMPTY: Rollup = { up: 0, down: 0, maintenance: 0, latency: {} };

export function mergeSpans(a: Spans, b: Spans): Spans {
  return { up: a.up + b.up, down: a.down + b.down, maintenance: a.maintenance + b.maintenance };
}

export function mergeRollups(a: Rollup, b: Rollup): Rollup {
  const vantages = [...new Set([...Object.keys(a.latency), ...Object.keys(b.latency)])];
  const latency = vantages.map((vantage) => [vantage, merged(a.latency[vantage] ?? [], b.latency[vantage] ?? [])]);
  return { ...mergeSpans(a, b), latency: Object.fromEntries(latency) };
}

/** The rollup after so much more time in this health. */
export function lived(rollup: Rollup, health: Health, ms: number): Rollup {
  return health === 'unknown' ? rollup : { ...rollup, [health]: rollup[health] + ms };
}
