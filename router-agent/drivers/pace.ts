import type { Clock } from '../clock.ts';
import { fail, succeed } from '../outcome.ts';
import type { Pace } from './driver.ts';

/** A start that is followed by another one sooner than this has failed. */
const STEADY_MS = 60_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Never refuses: for commands that only plan, and for tests. */
export const UNHURRIED: Pace = { mayStart: () => succeed(null) };

/**
 * A tunnel program that dies is started again: at once the first time, then after 1, 2, 4 … 60 s, until a start has held for a minute. No
 * jitter: there is nobody else to collide with.
 */
export function createPace(clock: Clock): Pace {
  let starts = 0;
  let startedAt: number | null = null;
  let notBefore = 0;
  return {
    mayStart() {
      const now = clock.now();
      if (now < notBefore)
        return fail(`it ended ${starts} times in a row; started again after a pause of ${Math.round(waitMs(starts) / 1000)} s`);
      const steady = startedAt === null || now - Math.max(startedAt, notBefore) > STEADY_MS;
      starts = steady ? 1 : starts + 1;
      startedAt = now;
      notBefore = starts === 1 ? now : now + waitMs(starts);
      return succeed(null);
    },
  };
}

function waitMs(starts: number): number {
  return starts < 2 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (starts - 2));
}
