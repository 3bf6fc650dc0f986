const BASE_MS = 500;
const CAP_MS = 30_000;

/**
 * How long to wait before try `failures` + 1: exponential with full jitter ("Exponential Backoff And Jitter", AWS, 2015), capped at 30 s,
 * so that a thousand routers do not return to a recovering edge in one instant. `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures, 16));
  return Math.round(ceiling * random);
}

/** For refusals that only a person can end (a wrong token): 15 to 30 s. */
export function slowRetryMs(random: number): number {
  return Math.round(CAP_MS / 2 + (CAP_MS / 2) * random);
}
