import * as z from 'zod/mini';
import { NAMES } from '../budget/text.ts';
import { QUOTAS, type Quota } from '../budget/usage.ts';
import type { ProbingRules } from '../engine/types.ts';
import { probing } from '../fleet-file/rules.ts';
import type { Fleet } from '../fleet-file/schema.ts';

/** By how much the vantages probe more slowly than the fleet file says, so that the plan's quota lasts the day. */
export const paceSchema = z.object({
  /** What the vantages are told; 1: as configured. */
  slowdown: z.number(),
  /** By what their votes are believed for longer: it falls only after all of them are quick again. */
  patience: z.number(),
  sinceMs: z.int(),
  /** The limit that would not last. */
  tight: z.nullable(z.enum(QUOTAS as [Quota, ...Quota[]])),
});
export type Pace = z.infer<typeof paceSchema>;

export const FULL_PACE: Pace = { slowdown: 1, patience: 1, sinceMs: 0, tight: null };

/** After vantages were told to be quick again, their votes of the slow time are believed for this long. */
const CATCHING_UP_MS = 120_000;

/** The pace after a look at the books, or the same object when nothing changes. */
export function nextPace(before: Pace, wanted: { slowdown: number; tight: Quota | null }, allObey: boolean, nowMs: number): Pace {
  const { slowdown, tight } = wanted;
  if (slowdown !== before.slowdown)
    return { slowdown, patience: Math.max(slowdown, before.patience), sinceMs: nowMs, tight: slowdown === 1 ? null : tight };
  const isCaughtUp = allObey && nowMs >= before.sinceMs + CATCHING_UP_MS;
  return isCaughtUp && before.patience > slowdown ? { ...before, patience: slowdown } : before;
}

/** The fleet file's probing, so much more slowly. */
export function paced(fleet: Fleet, factor: number): ProbingRules & { fastIntervalMs: number } {
  const rules = probing(fleet);
  return { ...rules, intervalMs: Math.round(rules.intervalMs * factor), fastIntervalMs: Math.round(rules.fastIntervalMs * factor) };
}

/** For people; null at full pace. It holds no number that changes by itself. */
export function paceWhy(fleet: Fleet, { slowdown, tight }: Pace): string | null {
  if (slowdown === 1) return null;
  const every = (factor: number) => `${paced(fleet, factor).intervalMs / 1000} s`;
  const what = tight === null ? 'quota' : `quota of ${NAMES[tight]}`;
  return `servers are probed every ${every(slowdown)} instead of ${every(1)}, because the free plan's ${what} would not last until midnight UTC`;
}
