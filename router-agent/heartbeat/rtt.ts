/** Smoothed round-trip time and its variation (Jacobson/Karels; RFC 6298 §2), in milliseconds. */
export interface Rtt {
  srttMs: number;
  rttvarMs: number;
}

/** Before the first answer nothing is known of the path: be patient. */
const FIRST_DEADLINE_MS = 600;
/**
 * Without a floor a quiet LAN-like path gets deadlines of a millisecond, and one busy moment of the router would be a suspicion. A
 * full buffer on a home uplink adds 100 ms within two or three heartbeats; the burst's 40 ms and its own deadline come on top of this.
 */
const MIN_DEADLINE_MS = 60;
/** A starved start must not leave a deadline that detects nothing; a satellite's 600 ms still fit. */
const MAX_DEADLINE_MS = 900;

/** RFC 6298: alpha = 1/8, beta = 1/4; the first sample sets srtt = R, rttvar = R/2. */
export function observeRtt(rtt: Rtt | null, sampleMs: number): Rtt {
  if (rtt === null) return { srttMs: sampleMs, rttvarMs: sampleMs / 2 };
  const error = Math.abs(rtt.srttMs - sampleMs);
  return { srttMs: rtt.srttMs + (sampleMs - rtt.srttMs) / 8, rttvarMs: rtt.rttvarMs + (error - rtt.rttvarMs) / 4 };
}

/** How long to wait for one answer: srtt + 4·rttvar, between 60 and 900 ms. */
export function deadlineMs(rtt: Rtt | null): number {
  if (rtt === null) return FIRST_DEADLINE_MS;
  return Math.min(MAX_DEADLINE_MS, Math.max(MIN_DEADLINE_MS, rtt.srttMs + 4 * rtt.rttvarMs));
}
