import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Rush, yieldTo } from '../../../worker/http/rush.ts';
import type { Report } from '../../../worker/protocol/report.ts';

/** Told so many sites their epoch 7, a millisecond apart, the last one at 0. */
function told(count: number): Rush {
  const rush = new Rush();
  for (let i = 1; i <= count; i++) rush.note(`site-${i}`, 7, i - count);
  return rush;
}

test('a poll that confirms what was told in a rush yields, one that has something to hear or was not told does not', () => {
  const rush = told(200);
  expect(rush.mustYield('site-1', 6, 10)).toBe(false);
  expect(rush.mustYield('site-1', 7, 10)).toBe(true);
  expect(rush.mustYield('site-201', 7, 10)).toBe(false);
});

test('only the first poll of a site yields: the next one has news', () => {
  const rush = told(200);
  expect(rush.mustYield('site-1', 7, 10)).toBe(true);
  expect(rush.mustYield('site-1', 7, 11)).toBe(false);
});

test('a few directives are no rush', () => {
  expect(told(99).mustYield('site-1', 7, 10)).toBe(false);
  expect(told(100).mustYield('site-1', 7, 10)).toBe(true);
});

test('those that yield look again while directives leave, each at its own time, and then pass one after the other', () => {
  const rush = told(200);
  expect(rush.lookAgainMs(10, 0)).toBe(500);
  expect(rush.lookAgainMs(999, 1)).toBe(1000);
  expect(rush.lookAgainMs(1000, 0)).toBeNull();
  expect([rush.turnMs(1000), rush.turnMs(1000), rush.turnMs(1001)]).toEqual([2, 4, 5]);
});

test('of many, each looks less often', () => {
  expect(told(1000).lookAgainMs(10, 0)).toBe(500);
  expect(told(5000).lookAgainMs(10, 0)).toBe(2500);
  expect(told(5000).lookAgainMs(10, 1)).toBe(5000);
});

test('the next rush knows nothing of the one before', () => {
  const rush = told(200);
  rush.note('other', 3, 2000);
  expect(rush.mustYield('site-1', 7, 2000)).toBe(false);
});

describe('a poll in a rush', () => {
  const report: Report = { site: 'site-1', instance: 'one', version: '1', seq: 2, applied: 7, paths: [] };
  const HOLD_MS = 50_000;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function tookMs(rush: Rush, poll: Report, holdMs: number): Promise<number> {
    const took = yieldTo(rush, poll, holdMs);
    await vi.runAllTimersAsync();
    return took;
  }

  test('waits until no directive has left for a second', async () => {
    const took = await tookMs(told(200), report, HOLD_MS);
    expect(took).toBeGreaterThanOrEqual(1000);
    expect(took).toBeLessThanOrEqual(2002);
  });

  test('waits a quarter of its hold at most, and the next poll of the site not at all', async () => {
    const rush = told(200);
    const directives = setInterval(() => rush.note('other', 7, Date.now()), 100);
    setTimeout(() => clearInterval(directives), 20_000);
    expect(await tookMs(rush, report, HOLD_MS)).toBe(HOLD_MS / 4);
    expect(await tookMs(rush, report, HOLD_MS)).toBe(0);
  });

  test.each([
    ['its hold is short', report, 23_999],
    ['the router has cut a path by itself', { ...report, latched: ['a'] }, HOLD_MS],
    ['it has another epoch', { ...report, applied: 6 }, HOLD_MS],
  ])('passes at once when %s', async (_, poll, holdMs) => {
    expect(await tookMs(told(200), poll, holdMs)).toBe(0);
  });
});
