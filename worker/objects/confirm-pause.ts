import type { Report } from '../protocol/report.ts';
import { LINGER_MS, MAX_HOLD_MS } from './cadence.ts';

/** So many sites that are told at the same time are a rush. */
const MANY = 100;
/** So long one directive keeps a small machine, all objects of which share a thread and sleep. */
const DIRECTIVE_MS = 4;
/** The confirmation must still find the socket of the poll before (`LINGER_MS`), after a jitter and a slow line. */
const MAX_PAUSE_S = 12;

/**
 * Thousands of routers that are told at once confirm it at once, each by a poll that costs as much as its directive did: those told last would wait for
 * the confirmations of all others. So a router that is told with many others is asked (Retry-After) to confirm when all have been told. It polls at once
 * all the same when it has something to say. Never asked to wait are one that has left a path by itself, one that has just started, and one
 * with a lease that has no time for a pause and a hold.
 *
 * @param crowd so many sites hear of the same at this time
 * @returns whole seconds, 0–12; 0: at once
 */
export function confirmPauseS(crowd: number, leaseMs: number, { applied, latched = [] }: Report): number {
  if (crowd < MANY || applied === 0 || latched.length > 0 || leaseMs <= MAX_HOLD_MS + LINGER_MS) return 0;
  return Math.min(MAX_PAUSE_S, Math.ceil((crowd * DIRECTIVE_MS) / 1000));
}
