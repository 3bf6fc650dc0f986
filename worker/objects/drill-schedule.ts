import { nextRun, parseCron } from '../fleet-file/cron.ts';
import type { DrillSchedule } from './contract.ts';

/** A drill that is this late is left out: the edge was away, and people do not expect one at another time than the one that they named. */
export const LATEST_DRILL_MS = 600_000;

export interface Scheduled extends DrillSchedule {
  /** Null: never. */
  dueMs: number | null;
}

/** When the next drill after `afterMs` starts; null: never. Daylight saving time is the time zone's. */
export function nextDrillMs({ cron, timezone }: DrillSchedule, afterMs: number): number | null {
  const parsed = parseCron(cron);
  return parsed === null ? null : nextRun(parsed, timezone, afterMs);
}

/** A schedule with the time at which it is next due: a changed one counts from now, the same one keeps its time. */
export function scheduled(before: Scheduled | null, now: DrillSchedule | null, nowMs: number): Scheduled | null {
  if (now === null) return null;
  if (before?.cron === now.cron && before.timezone === now.timezone) return before;
  return { ...now, dueMs: nextDrillMs(now, nowMs) };
}
