import { describe, expect, test } from 'vitest';
import { WORLD } from '../../../worker/budget/assumptions.ts';
import { budgetOf, SCENARIOS } from '../../../worker/budget/budget.ts';
import { changesThatFit } from '../../../worker/budget/changes.ts';
import { FREE_LIMITS, monthlyTotalUsd } from '../../../worker/budget/plans.ts';
import { roundMs } from '../../../worker/budget/round.ts';
import { shardsOf } from '../../../worker/budget/shards.ts';
import { budgetText } from '../../../worker/budget/text.ts';
import { NOTHING, QUOTAS } from '../../../worker/budget/usage.ts';
import type { CheckSpec } from '../../../worker/objects/contract.ts';
import { fleetOf } from '../fleet-file/fleets.ts';

const REGIONS = ['weur', 'enam', 'apac', 'oc', 'sam', 'afr', 'me', 'wnam'];

interface Shape {
  vantages?: number;
  servers?: number;
  checks?: number;
  sites?: number;
  probing?: object;
  plan?: 'free' | 'paid';
}

/** By default what the free plan has to carry: three vantages, every 10 s, two servers with two checks. */
function fleet({ vantages = 3, servers = 2, checks = 2, sites = 1, probing = {}, plan = 'free' }: Shape = {}) {
  const server = Array.from({ length: servers }, (_, index) => ({
    id: `s${index}`,
    address: `s${index}.example.net`,
    check: Array.from({ length: checks }, (_, check) => ({ kind: 'tcp', port: 443 + check })),
  }));
  return fleetOf({
    fleet: { name: 'test', plan },
    probing,
    vantage: REGIONS.slice(0, vantages).map((region) => ({ id: region, region, witnesses: ['https://example.com/'] })),
    server,
    site: Array.from({ length: sites }, (_, index) => ({ id: `site-${index}`, servers: server.map(({ id }) => id).slice(0, 16) })),
  });
}

describe('a round', () => {
  const tcp = (count: number): CheckSpec[] =>
    Array.from({ length: count }, (_, port) => ({ kind: 'tcp', host: 'h', port, critical: true }));
  const assume = { ...WORLD, probeMs: { ...WORLD.probeMs, tcp: 100 }, witnessMs: 300, rpcMs: 0, workMs: 0 };
  for (const [checks, witnesses, scenario, ms] of [
    [0, 1, 'typical', 0],
    [6, 1, 'typical', 100],
    [7, 1, 'typical', 200],
    [4, 1, 'everythingDown', 2300],
    [4, 0, 'everythingDown', 2000],
    [6, 4, 'everythingDown', 2300],
    // Two witnesses go before the seventh probe, which has a connection of its own.
    [7, 2, 'everythingDown', 4000],
    // Six connections, one of them taken by the witness for 300 ms: the twelfth probe waits for it.
    [12, 1, 'everythingDown', 4300],
    [18, 0, 'everythingDown', 6000],
  ] as const) {
    test(`of ${checks} checks and ${witnesses} witnesses takes ${ms} ms: ${scenario}`, () => {
      expect(roundMs(tcp(checks), witnesses, 2000, scenario, assume)).toBe(ms);
    });
  }
});

describe('a budget', () => {
  test('of three vantages is an alarm and a call each 10 s: 51,840 requests', () => {
    expect(budgetOf(fleet()).typical.parts.vantages?.doRequests).toBeCloseTo(51_840, 5);
  });

  test('of 3 vantages, 10 s, 2 servers and 2 checks fits the free plan with everything down', () => {
    const { fits, everythingDown, typical } = budgetOf(fleet());
    expect(fits).toBe(true);
    expect(everythingDown.usage.gbSeconds).toBeGreaterThan(3 * typical.usage.gbSeconds);
  });

  test("of 40 sites' polls fits the free plan", () => {
    expect(budgetOf(fleet({ vantages: 0, sites: 40 })).fits).toBe(true);
  });

  test('of a held poll is at most 50 ms at work', () => {
    const { parts } = budgetOf(fleet({ sites: 1 })).typical;
    const polls = parts.sites?.workerRequests ?? 0;
    expect(polls).toBeCloseTo(86_400 / 50.125, 5);
    expect(((parts.sites?.gbSeconds ?? 0) / 0.128 / polls) * 1000).toBeLessThanOrEqual(50);
  });

  test('is bounded by the day of each object: more servers are more objects, and no round is longer than the interval', () => {
    const many = fleet({ vantages: 1, servers: 64, checks: 2, plan: 'paid' });
    const objects = shardsOf(many).length;
    const { everythingDown, typical } = budgetOf(many);
    expect(objects).toBeGreaterThan(5);
    expect(everythingDown.parts.vantages?.gbSeconds).toBeLessThan(11_059 * objects);
    expect(everythingDown.parts.vantages?.doRequests).toBe(typical.parts.vantages?.doRequests);
  });

  test('names each limit that is exceeded, in each scenario', () => {
    const { fits, exceeded } = budgetOf(fleet({ probing: { interval_s: 5 } }));
    expect(fits).toBe(false);
    expect(exceeded.map(({ scenario, quota }) => `${scenario} ${quota}`)).toEqual([
      'typical doRequests',
      'everythingDown doRequests',
      'everythingDown gbSeconds',
    ]);
    for (const { used, limit, quota } of exceeded) {
      expect(limit).toBe(FREE_LIMITS[quota]);
      expect(used).toBeGreaterThan(limit);
    }
  });

  test('adds up from its parts', () => {
    for (const scenario of SCENARIOS) {
      const { usage, parts } = budgetOf(fleet())[scenario];
      for (const quota of QUOTAS) expect(Object.values(parts).reduce((total, part) => total + part[quota], 0)).toBeCloseTo(usage[quota], 6);
    }
  });

  test('has prices and no limits on the paid plan', () => {
    const budget = budgetOf(fleet({ vantages: 8, probing: { interval_s: 1, timeout_ms: 900 }, plan: 'paid' }));
    expect(budget).toMatchObject({ fits: true, exceeded: [] });
    expect(budget.typical.monthlyUsd).toBeGreaterThan(1);
  });
});

describe('prices', () => {
  test('a poll that is held in an object costs $4.15 a month of GB-s alone', () => {
    const included = 400_000 / 30;
    expect(monthlyTotalUsd({ ...NOTHING, gbSeconds: included + 11_059.2 })).toBeCloseTo(4.15, 2);
  });

  test('nothing is added within what is included', () => {
    expect(monthlyTotalUsd({ ...NOTHING, doRequests: 33_000, workerRequests: 300_000, rowsWritten: 1_600_000, storageMb: 5_000 })).toBe(0);
  });
});

describe('what to change', () => {
  test('is nothing when it fits', () => {
    expect(changesThatFit(fleet())).toEqual([]);
  });

  for (const [name, shape] of [
    ['too many sites', { sites: 64 }],
    ['too often', { probing: { interval_s: 1, timeout_ms: 900 } }],
    ['too many vantages', { vantages: 8 }],
    ['too patient', { servers: 4, probing: { timeout_ms: 5000 } }],
    [
      'too much of everything',
      { vantages: 8, sites: 64, servers: 8, probing: { interval_s: 0.5, timeout_ms: 400, fast_interval_ms: 400 } },
    ],
  ] as const) {
    test(`fits when it is done: ${name}`, () => {
      const changes = changesThatFit(fleet(shape));
      expect(changes.length).toBeGreaterThan(1);
      for (const { text, fleet: changed } of changes) expect(budgetOf(changed).fits, text).toBe(true);
      expect(changes.at(-1)?.text).toMatch(/^plan = "paid" \(at most \$\d+\.\d\d a month/);
    });
  }

  test('is the least that suffices', () => {
    const tight = fleet({ probing: { interval_s: 5 } });
    const [first] = changesThatFit(tight);
    expect(first?.text).toBe('interval_s = 10 (now 5)');
  });

  test('is two things together where one is not enough', () => {
    const [both] = changesThatFit(fleet({ vantages: 8, sites: 64, servers: 16, checks: 4 }));
    expect(both?.text).toMatch(/^interval_s = \d+ \(now 10\) and at most \d+ \[\[site\]\]/);
  });
});

describe('the text', () => {
  test('says all numbers, and in words what does not fit and what would', () => {
    const file = fleet({ sites: 64 });
    const text = budgetText(file, budgetOf(file), changesThatFit(file), WORLD);
    expect(text).toContain('test: 3 vantages, every 10 s, 2 servers, 4 checks, 64 sites; plan "free"');
    expect(text).toMatch(/^Durable Object requests +18\d,\d{3} +18\d % +18\d,\d{3} +18\d % +100,000$/m);
    expect(text).toMatch(
      /NOT fit the free plan:\n +- Worker requests on a typical day: 11\d,\d{3} a day, and the free plan has 100,000: over by/,
    );
    expect(text).toMatch(/Any one of these makes it fit:\n +- at most \d+ \[\[site\]\] \(now 64\)\n +- plan = "paid"/);
    expect(text.split('\n').every((line) => line.length <= 160)).toBe(true);
  });
});
