/*
 * The timers of VRRP version 3 (RFC 9568, section 6.1), in integer microseconds so that they never drift.
 */

const PRIORITY_STEPS = 256;

function assertPriority(priority: number): void {
  if (!Number.isInteger(priority) || priority < 0 || priority > 255)
    throw new RangeError(`priority ${priority}: an integer from 0 to 255 is needed`);
}

/**
 * `Skew_Time = ((256 − priority) × interval) / 256`: the higher the priority, the sooner it takes over.
 * @param intervalUs advertisement (heartbeat) interval in microseconds
 * @returns whole microseconds, rounded down
 * @throws RangeError when the priority is not an integer from 0 to 255
 */
export function skewTimeUs(intervalUs: number, priority: number): number {
  assertPriority(priority);
  return Math.floor(((PRIORITY_STEPS - priority) * intervalUs) / PRIORITY_STEPS);
}

/**
 * `Active_Down_Interval = 3 × interval + Skew_Time`: how long a Backup waits before it calls the Active down.
 * @param intervalUs advertisement (heartbeat) interval in microseconds
 * @returns whole microseconds
 * @throws RangeError when the priority is not an integer from 0 to 255
 */
export function activeDownIntervalUs(intervalUs: number, priority: number): number {
  return 3 * intervalUs + skewTimeUs(intervalUs, priority);
}
