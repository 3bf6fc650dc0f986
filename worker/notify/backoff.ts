const FIRST_MS = 5_000;
const LAST_MS = 1_800_000;

/**
 * How long to wait after the `attempts`-th failure (from 1), in milliseconds: 5 s doubling to half an hour, the upper half of it by chance (`random` in 0–1), so
 * that many who were put off together do not come back together; never before the service's own Retry-After.
 */
export function backoffMs(attempts: number, retryAfterMs: number | undefined, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(attempts - 1, 20), LAST_MS);
  return Math.max(Math.round(full * (0.5 + random / 2)), retryAfterMs ?? 0);
}
