import { FREE_LIMITS } from './plans.ts';
import { type Quota, sum, times, type Usage } from './usage.ts';

/** What is counted while Farwatch runs, since midnight UTC. Probing can be slowed, the rest cannot. */
export interface Spent {
  probing: Usage;
  rest: Usage;
}

/** The limits that a day can run into. */
export const DAILY: readonly Quota[] = ['workerRequests', 'doRequests', 'gbSeconds', 'rowsWritten'];

/** How much more slowly than configured. */
export const FACTORS = [1, 1.5, 2, 3, 4, 6, 10] as const;

/** What is left for what is not counted exactly: the day is planned to end here, of 1. */
const PLANNED = 0.97;
/** Quicker again only with so much to spare, so that the cadence does not swing. */
const PLANNED_WHEN_QUICKER = 0.9;

/**
 * How much more slowly to probe, so that the day's limits last until midnight: the least of FACTORS that suffices, the greatest when none does.
 * `rate` is what was spent lately, a millisecond, at the cadence of `current`. `tight`: the limit that asked for it; null at full cadence.
 */
export function slowdownFor(spent: Spent, rate: Spent, leftMs: number, current: number): { slowdown: number; tight: Quota | null } {
  const overrun = (factor: number) => {
    const ahead = sum([times((leftMs * current) / factor, rate.probing), times(leftMs, rate.rest)]);
    const day = sum([spent.probing, spent.rest, ahead]);
    const share = factor < current ? PLANNED_WHEN_QUICKER : PLANNED;
    return DAILY.find((quota) => day[quota] > FREE_LIMITS[quota] * share) ?? null;
  };
  const slowdown = FACTORS.find((factor) => overrun(factor) === null) ?? FACTORS[FACTORS.length - 1] ?? 1;
  return { slowdown, tight: slowdown === 1 ? null : overrun(1) };
}
