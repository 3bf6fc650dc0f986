import type { Clock } from '../clock.ts';

/** The timers of one owner: they end together, and each knows how late it is. */
export interface Timers {
  later(ms: number, task: (lateMs: number) => void): void;
  /** Something else to end with them, until `drop`. */
  hold(cancel: () => void): void;
  drop(cancel: () => void): void;
  stop(): void;
  stopped(): boolean;
}

export function createTimers(clock: Clock): Timers {
  const cancels = new Set<() => void>();
  let stopped = false;
  return {
    later(ms, task) {
      const dueAt = clock.now() + ms;
      const cancel = clock.after(ms, () => {
        cancels.delete(cancel);
        if (!stopped) task(Math.max(0, clock.now() - dueAt));
      });
      cancels.add(cancel);
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
