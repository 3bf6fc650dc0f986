import type { Health } from '../protocol/health.ts';
import {
  type DayBar,
  LATENCY_QUANTILES,
  type Latency,
  type ServerHistory,
  shareUp,
  UPTIME_WINDOWS,
  type Uptime,
} from '../protocol/history.ts';
import { countOf, type Histogram, quantile } from './histogram.ts';
import { DAY_MS, EMPTY, HOUR_MS, mergeRollups, mergeSpans, type Rollup, type Spans } from './rollup.ts';

export const BAR_DAYS = 90;

/** A rollup and when its interval begins. */
export interface Row<R extends Spans = Rollup> {
  startMs: number;
  rollup: R;
}

/** All that is known of one server, up to `atMs`. */
export interface Known {
  atMs: number;
  firstMs: number;
  /** Ended ones, of which the tally's day and hour are no part. */
  hours: readonly Row[];
  days: readonly Row[];
  /** Of today the hours that have ended, and the hour that is under way. */
  today: Rollup;
  hour: Rollup;
}

/**
 * When a window begins: 24 hours and 7 days at a full hour, 30 and 90 days at midnight UTC, always with the one under way on top, so that it is made of whole
 * intervals and exact.
 */
export function windowStartMs(window: keyof typeof UPTIME_WINDOWS, atMs: number): number {
  const days = UPTIME_WINDOWS[window];
  if (days <= 7) return (Math.floor(atMs / HOUR_MS) - days * 24) * HOUR_MS;
  return (Math.floor(atMs / DAY_MS) - (days - 1)) * DAY_MS;
}

/** Uptime, latencies and day bars. */
export function historyOf(known: Known): ServerHistory {
  const windows = Object.keys(UPTIME_WINDOWS) as (keyof typeof UPTIME_WINDOWS)[];
  const total = (window: keyof typeof UPTIME_WINDOWS): Rollup => {
    const fromMs = windowStartMs(window, known.atMs);
    const isShort = UPTIME_WINDOWS[window] <= 7;
    const rows = (isShort ? known.hours : known.days).filter(({ startMs }) => startMs >= fromMs).map(({ rollup }) => rollup);
    return [...rows, ...(isShort ? [] : [known.today]), known.hour].reduce(mergeRollups, EMPTY);
  };
  const totals = new Map(windows.map((window) => [window, total(window)]));
  const each = <T>(make: (window: keyof typeof UPTIME_WINDOWS, rollup: Rollup) => T) =>
    Object.fromEntries(windows.map((window) => [window, make(window, totals.get(window) ?? EMPTY)])) as Record<
      keyof typeof UPTIME_WINDOWS,
      T
    >;
  return {
    asOf: iso(known.atMs),
    uptime: each((window, rollup) => uptimeOf(rollup, Math.max(windowStartMs(window, known.atMs), known.firstMs), known.atMs)),
    latency: each((_, rollup) => latencyOf(rollup.latency)),
    days: barsOf(known),
  };
}

/** The last 90 days, oldest first; days before the server was watched are in no health at all. */
export function barsOf({ atMs, firstMs, days, today, hour }: Omit<Known, 'hours' | 'days' | 'today' | 'hour'> & Bars): DayBar[] {
  const byStart = new Map(days.map(({ startMs, rollup }) => [startMs, rollup]));
  const todayMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  byStart.set(todayMs, mergeSpans(today, hour));
  return Array.from({ length: BAR_DAYS }, (_, index) => {
    const startMs = todayMs - (BAR_DAYS - 1 - index) * DAY_MS;
    const watchedMs = Math.max(0, Math.min(startMs + DAY_MS, atMs) - Math.max(startMs, firstMs));
    return { day: iso(startMs).slice(0, 10), ...spansOf(byStart.get(startMs) ?? EMPTY, watchedMs) };
  });
}

/** What of a server's history the bars are made of. */
export interface Bars {
  days: readonly Row<Spans>[];
  today: Spans;
  hour: Spans;
}

function uptimeOf(rollup: Rollup, fromMs: number, toMs: number): Uptime {
  const spans = spansOf(rollup, Math.max(0, toMs - fromMs));
  return { from: iso(Math.min(fromMs, toMs)), up: shareUp(spans), ...spans };
}

function spansOf({ up, down, maintenance }: Spans, watchedMs: number): Record<`${Health}Ms`, number> {
  return { upMs: up, downMs: down, unknownMs: Math.max(0, watchedMs - up - down - maintenance), maintenanceMs: maintenance };
}

function latencyOf(latency: Readonly<Record<string, Histogram>>): Record<string, Latency> {
  return Object.fromEntries(
    Object.entries(latency).map(([vantage, histogram]) => {
      const quantiles = Object.entries(LATENCY_QUANTILES).map(([name, q]) => [name, quantile(histogram, q) ?? 0]);
      return [vantage, { count: countOf(histogram), ...Object.fromEntries(quantiles) } as Latency];
    }),
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
