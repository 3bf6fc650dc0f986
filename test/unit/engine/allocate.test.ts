import { describe, expect, test } from 'vitest';
import { allocate } from '../../../worker/engine/allocate.ts';

const share = (id: string, ramp: number, weight = 100) => ({ id, ramp, weight });

describe('priority', () => {
  test.each([
    [[share('a', 100), share('b', 100)], { a: 100, b: 0 }],
    [[share('a', 10), share('b', 100)], { a: 10, b: 90 }],
    [[share('a', 50), share('b', 50), share('c', 100)], { a: 50, b: 25, c: 25 }],
    [[share('a', 10), share('b', 0)], { a: 100, b: 0 }],
  ])('%j → %j', (shares, expected) => {
    expect(allocate('priority', shares)).toEqual(expected);
  });
});

describe('weighted', () => {
  test.each([
    [[share('a', 100, 1), share('b', 100, 1), share('c', 100, 1)], { a: 34, b: 33, c: 33 }],
    [[share('a', 0, 50), share('b', 100, 30), share('c', 100, 20)], { a: 0, b: 60, c: 40 }],
    [[share('a', 10, 50), share('b', 100, 50)], { a: 5, b: 95 }],
    [[share('a', 10, 50), share('b', 0, 50)], { a: 100, b: 0 }],
  ])('%j → %j', (shares, expected) => {
    expect(allocate('weighted', shares)).toEqual(expected);
  });
});

test('nobody may carry: null', () => {
  expect(allocate('priority', [share('a', 0)])).toBeNull();
  expect(allocate('weighted', [share('a', 0)])).toBeNull();
});

test('the sum is 100 and nothing is negative, whatever the shares', () => {
  for (let seed = 1; seed < 2000; seed++) {
    const shares = [0, 1, 2, 3].map((i) => share(`s${i}`, [0, 10, 50, 100][(seed >> (2 * i)) & 3] ?? 0, ((seed * (i + 7)) % 97) + 1));
    for (const policy of ['priority', 'weighted'] as const) {
      const weights = allocate(policy, shares);
      if (weights === null) continue;
      const parts = Object.values(weights);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(100);
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      for (const { id, ramp } of shares) if (ramp === 0) expect(weights[id]).toBe(0);
    }
  }
});
