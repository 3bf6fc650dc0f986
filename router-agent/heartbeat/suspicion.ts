/** Answered and lost heartbeats of a living path, the last 100. */
export interface LossWindow {
  answered: readonly boolean[];
}

const WINDOW = 100;
export const EMPTY_WINDOW: LossWindow = { answered: [] };

export function recordHeartbeat(window: LossWindow, answered: boolean): LossWindow {
  return { answered: [...window.answered, answered].slice(-WINDOW) };
}

/** Share of heartbeats lost, 0–1. */
export function lossOf(window: LossWindow): number {
  if (window.answered.length === 0) return 0;
  return window.answered.filter((answered) => !answered).length / window.answered.length;
}

/** Probes of a burst follow each other by this much. */
export const BURST_SPACING_MS = 20;

/**
 * How many probes of a burst must all stay unanswered before the path is condemned. Loss that is a property of the path must not look
 * like its death: at 5 % independent loss three probes would condemn it several times a day, eight at 10 % do not in a month
 * (432,000 · (1 − (1 − p)²)^(K + 1) a day at 200 ms). Each probe more costs 20 ms of detection, on lossy paths only.
 */
export function burstSize(misses: number, loss: number): number {
  if (loss < 0.03) return misses;
  if (loss < 0.07) return misses + 3;
  return misses + 5;
}
