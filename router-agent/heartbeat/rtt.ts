/** Smoothed round-trip time and its variation (Jacobson/Karels; RFC 6298 §2), in milliseconds. */
export interface Rtt {
  srttMs: number;
  rttvarMs: number;
}

/** Before the first answer nothing is known of the path: be patient. */
const FIRST_DEADLINE_MS = 600;
/** A starved start must not leave a deadline that detects nothing; a satellite's 600 ms still fit. */
const MAX_DEADLINE_MS = 900;

/**
 * The least deadline where the tunnel's counters are read: on a LAN-like path srtt + 4·rttvar is a millisecond, and one busy moment of the
 * router would be a suspicion. A packet of any kind ends a suspicion, so that a short one costs a probe and no more.
 */
export const WATCHED_FLOOR_MS = 30;
/** The same where only heartbeats tell of life: they are few, and each one counts. */
export const BLIND_FLOOR_MS = 60;

/**
 * Until there are samples enough the round-trip time is a guess, and this process itself is starting. (Seen: an agent restarted on a starved
 * machine cut a living path 1.5 s after its first answer.)
 */
export const WARM_UP_FLOOR_MS = 300;

/** RFC 6298: alpha = 1/8, beta = 1/4; the first sample sets srtt = R, rttvar = R/2. */
export function observeRtt(rtt: Rtt | null, sampleMs: number): Rtt {
  if (rtt === null) return { srttMs: sampleMs, rttvarMs: sampleMs / 2 };
  const error = Math.abs(rtt.srttMs - sampleMs);
  return { srttMs: rtt.srttMs + (sampleMs - rtt.srttMs) / 8, rttvarMs: rtt.rttvarMs + (error - rtt.rttvarMs) / 4 };
}

/** How long to wait for one answer: srtt + 4·rttvar, between `floorMs` and 900 ms. */
export function deadlineMs(rtt: Rtt | null, floorMs: number): number {
  if (rtt === null) return FIRST_DEADLINE_MS;
  return Math.min(MAX_DEADLINE_MS, Math.max(floorMs, rtt.srttMs + 4 * rtt.rttvarMs));
}
