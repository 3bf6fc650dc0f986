import type { Clock } from '../../../router-agent/clock.ts';

/** A clock that only moves when told. Tasks run in order of their time, as timers do. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
  /** Like a process that was stopped: time passes, and timers fire late. */
  stall(ms: number): void;
  /** Like a machine that was suspended: only the wall clock knows. */
  sleep(ms: number): void;
  /** Somebody sets the wall clock by so much, forth or back. To a process that is awake it looks like a sleep. */
  setWall(byMs: number): void;
}

export function fakeClock(): FakeClock {
  let time = 0;
  /** What the wall clock has gone beyond ours. */
  let slept = 0;
  let tasks: { at: number; run: () => void }[] = [];
  const due = (until: number) => tasks.filter((task) => task.at <= until).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => time,
    wall: () => 1_700_000_000_000 + time + slept,
    after(ms, run) {
      const task = { at: time + ms, run };
      tasks.push(task);
      return () => {
        tasks = tasks.filter((other) => other !== task);
      };
    },
    advance(ms) {
      const until = time + ms;
      for (let task = due(until); task !== undefined; task = due(until)) {
        const { at, run } = task;
        tasks = tasks.filter((other) => other !== task);
        time = Math.max(time, at);
        run();
      }
      time = until;
    },
    sleep(ms) {
      slept += ms;
    },
    setWall(byMs) {
      slept += byMs;
    },
    stall(ms) {
      time += ms;
    },
  };
}
