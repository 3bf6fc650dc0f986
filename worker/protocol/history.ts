import * as z from 'zod/mini';

/*
 * A server's past as the public reads it: part of `/api/v1/servers/:id`, and the bars of the page. Durations are milliseconds.
 */

/** Days of each window. */
export const UPTIME_WINDOWS = { '24h': 1, '7d': 7, '30d': 30, '90d': 90 } as const;
const WINDOWS = ['24h', '7d', '30d', '90d'] as const;

export const LATENCY_QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

const spans = { upMs: z.int(), downMs: z.int(), unknownMs: z.int(), maintenanceMs: z.int() };

export const uptimeSchema = z.object({
  /** When the window begins, or the server was first watched. */
  from: z.iso.datetime(),
  /** Up of up and down, 0–1: unknown time and maintenance are neither. Null: it was neither at all. */
  up: z.nullable(z.number()),
  ...spans,
});
export type Uptime = z.infer<typeof uptimeSchema>;

/** Milliseconds, each within 4.8 %. */
export const latencySchema = z.object({ count: z.int(), p50: z.number(), p95: z.number(), p99: z.number() });
export type Latency = z.infer<typeof latencySchema>;

export const dayBarSchema = z.object({ day: z.iso.date(), ...spans });
export type DayBar = z.infer<typeof dayBarSchema>;

export const serverHistorySchema = z.object({
  /** Everything is as of then: at most five minutes ago, and never before the last change of health. */
  asOf: z.iso.datetime(),
  uptime: z.record(z.enum(WINDOWS), uptimeSchema),
  /** By window and vantage. */
  latency: z.record(z.enum(WINDOWS), z.record(z.string(), latencySchema)),
  /** 90 days in UTC, oldest first. */
  days: z.array(dayBarSchema),
});
export type ServerHistory = z.infer<typeof serverHistorySchema>;

/** The bars of every server, for the page. */
export type DayBars = Record<string, DayBar[]>;

/** Up of up and down; what nobody saw, and maintenance, is neither. Null: it was neither at all. */
export function shareUp({ upMs, downMs }: { upMs: number; downMs: number }): number | null {
  return upMs + downMs === 0 ? null : upMs / (upMs + downMs);
}
