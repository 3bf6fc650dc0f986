import type { Ms } from './types.ts';

/** Each flap (a server that was well goes bad) adds this much; the name and the decay are BGP route-flap damping's (RFC 2439). */
export const PENALTY_PER_FLAP = 1000;

export interface Penalty {
  value: number;
  /** When `value` was true; it halves every half-life after that. */
  t: Ms;
}

export const NO_PENALTY: Penalty = { value: 0, t: 0 };

export function penaltyAt(penalty: Penalty, t: Ms, halfLifeMs: Ms): number {
  return penalty.value === 0 ? 0 : penalty.value * 2 ** (-(t - penalty.t) / halfLifeMs);
}

export function addFlap(penalty: Penalty, t: Ms, halfLifeMs: Ms): Penalty {
  return { value: penaltyAt(penalty, t, halfLifeMs) + PENALTY_PER_FLAP, t };
}

/**
 * How long a returning server has to stay well before it gets traffic: `preempt delay × 2^(penalty ÷ 1000 − 1)`, never less than the preempt
 * delay, at most `maxMs`. With a delay of 60 s: a first clean recovery waits 60 s; a server that failed three times within minutes about 200 s;
 * a permanent flapper 15 min.
 */
export function holdDownMs(preemptDelayMs: Ms, penalty: number, maxMs: Ms): Ms {
  const grown = preemptDelayMs * 2 ** (penalty / PENALTY_PER_FLAP - 1);
  return Math.round(Math.max(preemptDelayMs, Math.min(grown, maxMs)));
}
