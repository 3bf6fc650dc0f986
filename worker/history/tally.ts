import * as z from 'zod/mini';
import type { Health } from '../protocol/health.ts';
import { withLatency } from './histogram.ts';
import { DAY_MS, EMPTY, HOUR_MS, lived, mergeRollups, type Rollup, rollupSchema } from './rollup.ts';

/** What is under way: the hour of each server, and of its day the hours that have ended. Plain JSON, one row. */
export const tallySchema = z.object({
  /** All is accounted up to here. */
  atMs: z.int(),
  servers: z.record(z.string(), z.object({ firstMs: z.int(), hour: rollupSchema, day: rollupSchema })),
});
export type Tally = z.infer<typeof tallySchema>;
export type Healths = Readonly<Record<string, Health>>;

/** An interval of one server that has ended. */
export interface Closed {
  server: string;
  span: 'hour' | 'day';
  startMs: number;
  rollup: Rollup;
}

/**
 * Between two looks of a Fleet that lives lies a minute at most. A longer one was no life: a stop, a machine that slept, a clock that was set. What was in
 * between is unknown.
 */
export const GAP_MS = 180_000;

export function startTally(atMs: number): Tally {
  return { atMs, servers: {} };
}

/**
 * Accounts the time up to `t` in these healths, which have held since the last call; servers that are not named are forgotten. A step back of the clock is
 * waited out when it is small; after a large one everything begins anew at `t`, and the hours that come again replace what was written of them.
 * `trusted`: it is known that the Fleet lived all the time.
 */
export function advance(tally: Tally, t: number, healths: Healths, { trusted = false } = {}): { tally: Tally; closed: Closed[] } {
  const present = onlyThese(tally, healths, t);
  if (t < tally.atMs) return { tally: t < tally.atMs - GAP_MS ? beginAgain(present, t) : present, closed: [] };
  const isGap = !trusted && t - tally.atMs > GAP_MS;
  const closed: Closed[] = [];
  let now = present;
  for (const endMs of hoursEnding(tally.atMs, t, isGap)) {
    now = isGap ? { ...now, atMs: endMs } : live(now, endMs, healths);
    const ended = closeHour(now, endMs);
    now = ended.tally;
    closed.push(...ended.closed);
  }
  return { tally: isGap ? { ...now, atMs: t } : live(now, t, healths), closed };
}

/** Counts one latency, in the hour that is under way. */
export function sawLatency(tally: Tally, server: string, vantage: string, ms: number): Tally {
  const is = tally.servers[server];
  if (is === undefined) return tally;
  const latency = { ...is.hour.latency, [vantage]: withLatency(is.hour.latency[vantage] ?? [], ms) };
  return { ...tally, servers: { ...tally.servers, [server]: { ...is, hour: { ...is.hour, latency } } } };
}

function onlyThese(tally: Tally, healths: Healths, t: number): Tally {
  const fresh = (server: string) => tally.servers[server] ?? { firstMs: Math.max(t, tally.atMs), hour: EMPTY, day: EMPTY };
  return { ...tally, servers: Object.fromEntries(Object.keys(healths).map((server) => [server, fresh(server)])) };
}

function beginAgain(tally: Tally, t: number): Tally {
  const servers = Object.entries(tally.servers).map(([id, { firstMs }]) => [
    id,
    { firstMs: Math.min(firstMs, t), hour: EMPTY, day: EMPTY },
  ]);
  return { atMs: t, servers: Object.fromEntries(servers) };
}

function live(tally: Tally, t: number, healths: Healths): Tally {
  const servers = Object.entries(tally.servers).map(([id, server]) => {
    const ms = t - Math.max(tally.atMs, server.firstMs);
    return [id, ms <= 0 ? server : { ...server, hour: lived(server.hour, healths[id] ?? 'unknown', ms) }];
  });
  return { atMs: t, servers: Object.fromEntries(servers) };
}

/** The ends of the hours that end in (fromMs, toMs]; of a gap those only that have something to close: the hour that was under way, and its day. */
function hoursEnding(fromMs: number, toMs: number, isGap: boolean): number[] {
  const next = (span: number) => (Math.floor(fromMs / span) + 1) * span;
  if (isGap) return [...new Set([next(HOUR_MS), next(DAY_MS)])].filter((endMs) => endMs <= toMs);
  const count = Math.floor(toMs / HOUR_MS) - Math.floor(fromMs / HOUR_MS);
  return Array.from({ length: count }, (_, index) => next(HOUR_MS) + index * HOUR_MS);
}

/** Ends the hour at `endMs`, and the day with its last one. An interval of which nothing is known is not written down. */
function closeHour(tally: Tally, endMs: number): { tally: Tally; closed: Closed[] } {
  const isDayEnd = endMs % DAY_MS === 0;
  const closed: Closed[] = [];
  const servers = Object.entries(tally.servers).map(([server, is]) => {
    const day = mergeRollups(is.day, is.hour);
    if (isWorthy(is.hour)) closed.push({ server, span: 'hour', startMs: endMs - HOUR_MS, rollup: is.hour });
    if (isDayEnd && isWorthy(day)) closed.push({ server, span: 'day', startMs: endMs - DAY_MS, rollup: day });
    return [server, { ...is, hour: EMPTY, day: isDayEnd ? EMPTY : day }];
  });
  return { tally: { ...tally, servers: Object.fromEntries(servers) }, closed };
}

function isWorthy({ up, down, maintenance }: Rollup): boolean {
  return up + down + maintenance > 0;
}
