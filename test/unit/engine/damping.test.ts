import { describe, expect, test } from 'vitest';
import { addFlap, holdDownMs, NO_PENALTY, penaltyAt } from '../../../worker/engine/damping.ts';

const HALF_LIFE_MS = 300_000;

describe('penalty', () => {
  test('a flap adds 1000, and half of it is left after a half-life', () => {
    const once = addFlap(NO_PENALTY, 0, HALF_LIFE_MS);
    expect(penaltyAt(once, 0, HALF_LIFE_MS)).toBe(1000);
    expect(penaltyAt(once, HALF_LIFE_MS, HALF_LIFE_MS)).toBe(500);
    expect(addFlap(once, HALF_LIFE_MS, HALF_LIFE_MS).value).toBe(1500);
  });
});

describe('hold-down', () => {
  test.each([
    [0, 60_000],
    [758, 60_000],
    [1000, 60_000],
    [2000, 120_000],
    [3000, 240_000],
    [9000, 900_000],
  ])('penalty %i → %i ms', (penalty, expected) => {
    expect(holdDownMs(60_000, penalty, 900_000)).toBe(expected);
  });

  test('the cap never undercuts the preempt delay', () => {
    expect(holdDownMs(1_200_000, 5000, 900_000)).toBe(1_200_000);
  });
});
