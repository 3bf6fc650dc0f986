import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Env, fleetOf } from '../../worker/env.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import { serverHistorySchema } from '../../worker/protocol/history.ts';

/* The real Fleet keeps the past of its servers: through restarts, in bounded rows, and shows it. */

const bindings = env as unknown as Env;
const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2027, 0, 10, 9, 58);
const FILE = {
  fleet: { name: 'archived', plan: 'paid' },
  vantage: [{ id: 'weur', region: 'weur' }],
  server: ['a', 'b'].map((id) => ({ id, address: '127.0.0.1', check: [{ kind: 'tcp', port: 443 }] })),
};
let nowMs = START_MS;

beforeEach(async () => {
  vi.spyOn(Vantage.prototype, 'assume').mockResolvedValue();
  vi.spyOn(Vantage.prototype, 'watchdog').mockResolvedValue();
  vi.spyOn(Vantage.prototype, 'secondOpinion').mockResolvedValue();
  nowMs = START_MS;
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
  await fleetOf(bindings).putFleet(JSON.stringify(FILE), 'json', { dryRun: false, ifMatch: null, note: '' });
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await reset();
});

function stub() {
  return bindings.FLEET.get(bindings.FLEET.idFromName('fleet'));
}

/** So many minutes, in each of which the vantage says this of `a`, and that `b` is up. */
async function live(minutes: number, vote: 'up' | 'down'): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const t = nowMs;
    const of = (said: 'up' | 'down') => ({ vote: said, t, why: 'seen', latencyMs: said === 'up' ? 20 : null });
    const votes = { a: of(vote), b: of('up') };
    await fleetOf(bindings).votes({ vantage: 'weur', revision: 1000, t, colo: null, sighted: true, votes, suspects: [] });
    await fleetOf(bindings).watchdog();
    nowMs += MINUTE_MS / 2;
    vi.setSystemTime(nowMs);
  }
}

async function past(id: string) {
  const worker = exports as unknown as { default: Fetcher };
  const answer = await worker.default.fetch(`https://edge.test/api/v1/servers/${id}`);
  return { id, ...serverHistorySchema.parse(await answer.json()) };
}

it('of every server, through a restart in mid-hour, by the changes of health', { timeout: 30_000 }, async () => {
  await live(10, 'up');
  await live(4, 'down');
  await evictDurableObject(stub());
  await live(6, 'up');
  // Another change brings all of it up to date.
  await live(1, 'down');
  const { uptime, latency, days, asOf } = await past('a');
  const known = uptime['24h'];
  expect(known.downMs).toBe(4 * 30_000);
  expect(known.upMs).toBe(16 * 30_000);
  expect(known.unknownMs).toBe(0);
  expect(known.up).toBe(0.8);
  expect(Date.parse(asOf)).toBe(nowMs - 30_000);
  expect(latency['24h'].weur?.count).toBeGreaterThanOrEqual(14);
  expect(days.at(-1)).toMatchObject({ day: '2027-01-10', downMs: 120_000 });
  expect((await past('b')).uptime['90d'].up).toBe(1);
});

it('says unknown of the time in which the edge was off', { timeout: 30_000 }, async () => {
  await live(4, 'up');
  await evictDurableObject(stub());
  nowMs += 50 * 3_600_000;
  vi.setSystemTime(nowMs);
  await live(2, 'up');
  await live(2, 'down');
  const { uptime, days } = await past('a');
  expect(uptime['30d'].unknownMs).toBeGreaterThan(49 * 3_600_000);
  expect(uptime['30d'].downMs).toBeLessThanOrEqual(60_000);
  expect(days.at(-2)).toMatchObject({ upMs: 0, downMs: 0, unknownMs: 86_400_000 });
});

it('in a row for each hour that has ended, and nothing that grows without end', { timeout: 30_000 }, async () => {
  await live(10, 'up');
  const rows = await runInDurableObject(stub(), (_, { storage }) =>
    storage.sql.exec('SELECT server, span, start_ms FROM rollup').toArray(),
  );
  expect(rows).toHaveLength(2);
  expect(rows).toEqual(expect.arrayContaining([{ server: 'a', span: 'hour', start_ms: START_MS - 58 * MINUTE_MS }]));
  const tallies = await runInDurableObject(stub(), (_, { storage }) => storage.sql.exec('SELECT id FROM tally').toArray());
  expect(tallies).toHaveLength(1);
});

it('on the page, in words and bars', async () => {
  await live(2, 'up');
  await live(2, 'down');
  await live(1, 'up');
  const worker = exports as unknown as { default: Fetcher };
  const html = await (await worker.default.fetch('https://edge.test/')).text();
  expect(html).toContain('data-past="a"');
  expect(html).toMatch(/aria-label="a: Last 90 days, [\d.]+ % up; 2027-01-10: Down 1 min"/);
});
