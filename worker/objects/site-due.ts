import { type SiteState, siteDueMs } from '../engine/site.ts';
import type { SiteRules } from '../engine/types.ts';
import { HELD_ALARM_MS, LINGER_MS, MAX_HOLD_MS } from './cadence.ts';

/** A poll's socket is closed by the Worker after this at the latest, also when its router has gone without a word. */
const SOCKET_LIFE_MS = MAX_HOLD_MS + LINGER_MS;

/**
 * When the site has to be awake for its judge; null: never. While a poll waits (`held`), the router's silence cannot begin unnoticed: its socket closes
 * before the lease ends. So the alarm for it, which each poll would put off, is put off for long at once: an alarm is a request and a row.
 */
export function judgeDueMs(state: SiteState, rules: SiteRules, held: boolean, nowMs: number): number | null {
  const dueMs = siteDueMs(state);
  if (dueMs === null || state.heardMs === null || !held || rules.leaseMs <= SOCKET_LIFE_MS) return dueMs;
  const isSilence = dueMs >= state.heardMs + rules.leaseMs;
  return isSilence ? Math.max(dueMs, nowMs + HELD_ALARM_MS) : dueMs;
}
