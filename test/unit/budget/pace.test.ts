import { describe, expect, test } from 'vitest';
import { FACTORS, slowdownFor } from '../../../worker/budget/pace.ts';
import { NOTHING, times, type Usage } from '../../../worker/budget/usage.ts';
import { FULL_PACE, nextPace, paceWhy } from '../../../worker/objects/fleet-pace.ts';
import { type Shelf, Spending } from '../../../worker/objects/fleet-spending.ts';
import { fleetOf, smallFleet } from '../fleet-file/fleets.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;

function requests(doRequests: number): Usage {
  return { ...NOTHING, doRequests };
}

/** So many DO requests a day, at the present rate. */
function daily(probing: number, rest = 0) {
  return { probing: times(1 / DAY_MS, requests(probing)), rest: times(1 / DAY_MS, requests(rest)) };
}

const NONE = { probing: NOTHING, rest: NOTHING };

describe('slowdownFor', () => {
  for (const [what, spent, rate, hours, current, slowdown] of [
    ['a rate that lasts', NONE, daily(90_000), 24, 1, 1],
    ['a little too much', NONE, daily(110_000), 24, 1, 1.5],
    ['twice too much', NONE, daily(150_000), 24, 1, 2],
    ['what is not probing cannot be slowed', NONE, daily(50_000, 60_000), 24, 1, 1.5],
    ['much is gone, little of the day is left', { ...NONE, probing: requests(94_000) }, daily(48_000), 2, 1, 1.5],
    ['all is gone', { ...NONE, rest: requests(100_000) }, daily(10_000), 12, 1, 10],
    // 40,000 a day at half speed are 80,000 at full speed.
    ['room again', NONE, daily(40_000), 24, 2, 1],
    // At full speed 92,000: it would last, but without room to spare.
    ['room, but not to spare', NONE, daily(46_000), 24, 2, 1.5],
  ] as const) {
    test(`${what}: ${slowdown}`, () => {
      expect(slowdownFor(spent, rate, hours * HOUR_MS, current).slowdown).toBe(slowdown);
    });
  }

  test('names the limit that is tight', () => {
    const rate = { probing: times(1 / DAY_MS, { ...NOTHING, gbSeconds: 20_000 }), rest: NOTHING };
    expect(slowdownFor(NONE, rate, DAY_MS, 1)).toEqual({ slowdown: 2, tight: 'gbSeconds' });
    expect(slowdownFor(NONE, daily(10), DAY_MS, 1)).toEqual({ slowdown: 1, tight: null });
  });

  test('does not swing: at a steady load, what it chose stays chosen', () => {
    for (let load = 10_000; load < 400_000; load += 1_000) {
      const first = slowdownFor(NONE, daily(load), DAY_MS, 1).slowdown;
      const then = slowdownFor(NONE, daily(load / first), DAY_MS, first).slowdown;
      expect(then, `at ${load}`).toBe(first);
    }
    expect(FACTORS[0]).toBe(1);
  });
});

describe('a fleet keeps its books', () => {
  class Row implements Shelf {
    json: string | null = null;
    writes = 0;
    read(): string | null {
      return this.json;
    }
    write(json: string): void {
      this.json = json;
      this.writes++;
    }
  }
  const midnight = 20_000 * DAY_MS;
  const used = { requests: 100, rows: 50, activeMs: 1000 };

  /** A minute each, with so much from the vantages. */
  function live(spending: Spending, fromMs: number, minutes: number, routers = 0, current = 1) {
    let last: ReturnType<Spending['look']> = null;
    for (let minute = 1; minute <= minutes; minute++) {
      spending.probing(used);
      last = spending.look(fromMs + minute * MINUTE_MS, routers, current);
    }
    return last;
  }

  test('nothing is decided before a rate is known', () => {
    const spending = new Spending(new Row(), midnight);
    expect(live(spending, midnight, 10)).toBeNull();
    // 144,000 a day.
    expect(live(spending, midnight + 10 * MINUTE_MS, 1)).toEqual({ slowdown: 1.5, tight: 'doRequests' });
  });

  test('one row an interval, and a restart goes on from it', () => {
    const row = new Row();
    live(new Spending(row, midnight), midnight, 60);
    expect(row.writes).toBe(6);
    const again = new Spending(row, midnight + HOUR_MS);
    expect(again.shares()).toMatchObject({ doRequests: 0.06, rowsWritten: 0.03 });
  });

  test('routers count by the model: 1,724 polls a day each', () => {
    const spending = new Spending(new Row(), midnight);
    spending.look(midnight + 12 * HOUR_MS, 20, 1);
    expect(spending.shares().workerRequests).toBeCloseTo(0.17, 2);
  });

  test('midnight begins a new book', () => {
    const spending = new Spending(new Row(), midnight);
    live(spending, midnight, 60);
    spending.look(midnight + DAY_MS, 0, 1);
    expect(spending.shares()).toEqual({ workerRequests: 0, doRequests: 0, gbSeconds: 0, rowsWritten: 0 });
  });
});

describe('the pace', () => {
  const fleet = fleetOf(smallFleet());

  test('slows at once, and believes votes for longer at once', () => {
    const slow = nextPace(FULL_PACE, { slowdown: 2, tight: 'doRequests' }, true, 1000);
    expect(slow).toEqual({ slowdown: 2, patience: 2, sinceMs: 1000, tight: 'doRequests' });
    expect(nextPace(slow, { slowdown: 2, tight: 'doRequests' }, true, 2000)).toBe(slow);
  });

  test('is patient until every vantage is quick again: no vote runs out on the way', () => {
    const slow = { slowdown: 3, patience: 3, sinceMs: 0, tight: 'doRequests' } as const;
    const quick = nextPace(slow, { slowdown: 1, tight: null }, true, 1000);
    expect(quick).toEqual({ slowdown: 1, patience: 3, sinceMs: 1000, tight: null });
    expect(nextPace(quick, { slowdown: 1, tight: null }, true, 60_000)).toBe(quick);
    expect(nextPace(quick, { slowdown: 1, tight: null }, false, 200_000)).toBe(quick);
    expect(nextPace(quick, { slowdown: 1, tight: null }, true, 200_000).patience).toBe(1);
  });

  test('is said in words', () => {
    expect(paceWhy(fleet, FULL_PACE)).toBeNull();
    expect(paceWhy(fleet, { slowdown: 1.5, patience: 1.5, sinceMs: 0, tight: 'doRequests' })).toBe(
      "servers are probed every 15 s instead of 10 s, because the free plan's quota of Durable Object requests would not last until midnight UTC",
    );
  });
});
