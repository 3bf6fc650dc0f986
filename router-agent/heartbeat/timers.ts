import type { Clock } from '../clock.ts';

/**
 * A machine that was suspended wakes with its timers as if no time had passed, but the wall clock knows better. By less than this it is only set right
 * now and then.
 */
const SLEPT_MS = 1000;

/** The timers of one owner: they end together, and each knows how late it is – by the clock, or because the machine slept meanwhile. */
export interface Timers {
  /** The answer cancels it. */
  later(ms: number, task: (lateMs: number) => void): () => void;
  /** Something else to end with them, until `drop`. */
  hold(cancel: () => void): void;
  drop(cancel: () => void): void;
  stop(): void;
  stopped(): boolean;
}

export function createTimers(clock: Clock): Timers {
  const cancels = new Set<() => void>();
  let stopped = false;
  function sleptSince(offset: number): number {
    const slept = clock.wall() - clock.now() - offset;
    return slept > SLEPT_MS ? slept : 0;
  }

  return {
    later(ms, task) {
      const dueAt = clock.now() + ms;
      const offset = clock.wall() - clock.now();
      const cancel = clock.after(ms, () => {
        cancels.delete(cancel);
        if (!stopped) task(Math.max(0, clock.now() - dueAt) + sleptSince(offset));
      });
      cancels.add(cancel);
      return () => {
        cancels.delete(cancel);
        cancel();
      };
    },
    hold: (cancel) => void cancels.add(cancel),
    drop: (cancel) => void cancels.delete(cancel),
    stop() {
      stopped = true;
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
    stopped: () => stopped,
  };
}
