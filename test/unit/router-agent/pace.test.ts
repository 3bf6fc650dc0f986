import { expect, test } from 'vitest';
import { createPace } from '../../../router-agent/drivers/pace.ts';
import { fakeClock } from './fake-clock.ts';

/** Asks each second for two minutes, of a program that dies at once; the answer are the seconds of its starts. */
function startsOf(seconds: number): number[] {
  const clock = fakeClock();
  const pace = createPace(clock);
  const starts: number[] = [];
  for (let second = 0; second < seconds; second++) {
    if (pace.mayStart().ok) starts.push(second);
    clock.advance(1000);
  }
  return starts;
}

test('what dies at once is started again at once, and then ever more rarely', () => {
  expect(startsOf(120)).toEqual([0, 1, 2, 4, 8, 16, 32, 64]);
});

test('a start that held for a minute is no failure', () => {
  const clock = fakeClock();
  const pace = createPace(clock);
  for (let second = 0; second < 20; second++) {
    pace.mayStart();
    clock.advance(1000);
  }
  clock.advance(100_000);
  expect(pace.mayStart().ok).toBe(true);
  clock.advance(1);
  expect(pace.mayStart().ok).toBe(true);
});

test('a refusal says how often it ended, in the same words until the next start', () => {
  const clock = fakeClock();
  const pace = createPace(clock);
  for (let second = 0; second < 5; second++) {
    pace.mayStart();
    clock.advance(1000);
  }
  const refusal = pace.mayStart();
  expect(!refusal.ok && refusal.reason).toMatch(/ended 4 times in a row.*4 s/);
  clock.advance(500);
  expect(pace.mayStart()).toEqual(refusal);
});
