import type { Incident } from '../protocol/status.ts';

/** An incident that stays open is told again after so long, and then so often. */
const REMINDER_AFTER_MS = 4 * 3_600_000;
const REMINDER_EVERY_MS = 86_400_000;

/** Which reminder of an open incident was due last, from 0; less: none yet. */
export function lastReminder({ startedAt }: Incident, nowMs: number): number {
  return Math.floor((nowMs - Date.parse(startedAt) - REMINDER_AFTER_MS) / REMINDER_EVERY_MS);
}

/** When the first reminder after that time is due; null: nothing is open. */
export function nextReminderMs(open: readonly Incident[], afterMs: number): number | null {
  const times = open.map((incident) => {
    const nth = Math.max(afterMs === Number.NEGATIVE_INFINITY ? 0 : lastReminder(incident, afterMs) + 1, 0);
    return Date.parse(incident.startedAt) + REMINDER_AFTER_MS + nth * REMINDER_EVERY_MS;
  });
  return times.length === 0 ? null : Math.min(...times);
}
