import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { type Env, fleetOf } from '../../worker/env.ts';
import type { VantageSnapshot } from '../../worker/objects/contract.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import { probeRound } from '../../worker/objects/vantage-round.ts';

const ports = inject('ports');
const bindings = env as unknown as Env;
const MINUTE_MS = 60_000;
const FILE = JSON.stringify({
  fleet: { name: 'paced', plan: 'free' },
  vantage: [{ id: 'weur', region: 'weur' }],
  server: [{ id: 'a', address: 'a.example.net', check: [{ kind: 'tcp', port: 443 }] }],
});

let orders: VantageSnapshot[] = [];
let nowMs = 0;

beforeEach(async () => {
  orders = [];
  vi.spyOn(Vantage.prototype, 'assume').mockImplementation(async (snapshot) => void orders.push(snapshot));
  vi.spyOn(Vantage.prototype, 'watchdog').mockResolvedValue();
  nowMs = Math.ceil(Date.now() / 86_400_000) * 86_400_000;
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
  await inProduction();
  await fleetOf(bindings).putFleet(FILE, 'json', { dryRun: false, ifMatch: null, note: '' });
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await reset();
});

function stub() {
  return bindings.FLEET.get(bindings.FLEET.idFromName('fleet'));
}

/** Only there a plan has limits. */
async function inProduction(): Promise<void> {
  await runInDurableObject(stub(), (fleet) => void Reflect.set(fleet, 'env', { ...bindings, ALLOW_PRIVATE: 'false' }));
}

/** So many minutes, in each of which the vantage tells of so many requests. */
async function live(minutes: number, requests: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    nowMs += MINUTE_MS;
    vi.setSystemTime(nowMs);
    const votes = { a: { vote: 'up', t: nowMs, why: 'answers', latencyMs: 10 } } as const;
    const revision = orders.at(-1)?.revision ?? 0;
    const used = { requests, rows: 6, activeMs: 1000 };
    await fleetOf(bindings).votes({ vantage: 'weur', revision, t: nowMs, colo: null, sighted: true, votes, suspects: [], used });
    await fleetOf(bindings).watchdog();
  }
}

function interval(): number | undefined {
  return orders.at(-1)?.vantage?.rules.intervalMs;
}

it('is slowed before the quota ends, says so, and comes back without a vote lost', async () => {
  await live(12, 12);
  expect(interval()).toBe(10_000);
  expect((await fleetOf(bindings).status()).budget).toMatchObject({ slowdown: 1, why: null, used: { doRequests: expect.any(Number) } });

  await live(12, 200);
  await vi.waitFor(() => expect(interval()).toBeGreaterThan(10_000));
  const slow = await fleetOf(bindings).status();
  expect(slow.budget?.slowdown).toBeGreaterThan(1);
  expect(slow.budget?.why).toMatch(
    /^servers are probed every \d+ s instead of 10 s, because the free plan's quota of Durable Object requests/,
  );
  expect(slow.servers[0]?.health).toBe('up');

  // The cadence outlives the object.
  await evictDurableObject(stub());
  await inProduction();
  expect((await fleetOf(bindings).status()).budget?.slowdown).toBe(slow.budget?.slowdown);

  await live(40, 6);
  await vi.waitFor(() => expect(interval()).toBe(10_000));
  const again = await fleetOf(bindings).status();
  expect(again.budget).toMatchObject({ slowdown: 1, why: null });
  expect(again.servers[0]?.health).toBe('up');
  expect(again.timeline.filter(({ kind }) => kind === 'health')).toHaveLength(1);
});

it("is nobody's matter on one's own machine", async () => {
  await evictDurableObject(stub());
  await live(25, 500);
  expect(interval()).toBe(10_000);
  expect((await fleetOf(bindings).status()).budget).toBeUndefined();
});

it('a blind vantage waits for its witnesses only', async () => {
  vi.useRealTimers();
  const saw: string[] = [];
  const told: unknown[] = [];
  const check = { kind: 'tls', host: '127.0.0.1', port: ports.hang, critical: true } as const;
  const rules = { intervalMs: 10_000, fastIntervalMs: 1000, timeoutMs: 300, fall: 3, rise: 3 };
  const place = { id: 'weur', region: 'weur', phase: 0, rules, servers: [{ id: 'a', address: '127.0.0.1', checks: [check] }] };
  const listener = { saw: ({ server }: { server: string }) => void saw.push(server), evidence: (event: unknown) => void told.push(event) };
  await probeRound({ ...place, witnesses: [`http://127.0.0.1:${ports.closed}/`] }, new Set(['a']), true, listener);
  expect(saw).toEqual([]);
  expect(told).toEqual([expect.objectContaining({ type: 'witness', ok: false })]);
  await probeRound({ ...place, witnesses: [`http://127.0.0.1:${ports.http}/`] }, new Set(['a']), true, listener);
  expect(saw).toEqual(['a']);
});
