/** Answered and lost probes of a living path, the last 100. */
export interface LossWindow {
  answered: readonly boolean[];
}

const WINDOW = 100;
export const EMPTY_WINDOW: LossWindow = { answered: [] };

export function recordProbe(window: LossWindow, answered: boolean): LossWindow {
  return { answered: [...window.answered, answered].slice(-WINDOW) };
}

const lostOf = (window: LossWindow) => window.answered.filter((answered) => !answered).length;

/** Share of probes lost on their way there or back, 0–1. */
export function lossOf(window: LossWindow): number {
  return window.answered.length === 0 ? 0 : lostOf(window) / window.answered.length;
}

/** What a hundred good probes more would weigh: until they are there, a quarter of them with one loss stands for what is not known yet. */
const PRIOR_PROBES = 25;
const PRIOR_LOST = 1;

/** The same for deciding: a few probes of a young path prove no line clean. */
export function cautiousLossOf(window: LossWindow): number {
  return (lostOf(window) + PRIOR_LOST) / (window.answered.length + PRIOR_PROBES);
}

/** How often a path may be asked on suspicion, at 5 a second, and how many of a day's suspicions may end in a false verdict by bad luck alone. */
const SUSPICIONS_A_DAY = 432_000;
const FALSE_VERDICTS_A_DAY = 0.4;
/** At a loss where more would be needed the path is of no use to anybody. */
const MAX_MISSES = 16;

/**
 * How many probes after the first must miss too before a path with this share of lost round trips (0–1) is condemned: the smallest K, at
 * least `misses`, with 432,000 · loss^(K + 1) ≤ 0.4 a day. Loss that is a property of the path must not look like its death; each probe more costs
 * 20 ms, on lossy paths only. 5 % lost each way (9.75 % of the round trips) gives 5, 10 % gives 8.
 */
export function missesToCondemn(misses: number, loss: number): number {
  const needed = loss <= 0 ? 0 : Math.log(FALSE_VERDICTS_A_DAY / SUSPICIONS_A_DAY) / Math.log(Math.min(loss, 0.99)) - 1;
  return Math.max(misses, Math.min(MAX_MISSES, Math.ceil(needed)));
}
