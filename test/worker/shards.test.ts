import { reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { type Env, fleetOf } from '../../worker/env.ts';
import type { VantageRound, VantageSnapshot } from '../../worker/objects/contract.ts';
import { Fleet } from '../../worker/objects/fleet.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import type { Status } from '../../worker/protocol/status.ts';

/*
 * Real vantages and the real Fleet, with listeners that really answer or hang: more servers than one object can look at, and one vantage of three that is
 * wrong, blind or silent.
 */

const ports = inject('ports');
const bindings = env as unknown as Env;
const REGIONS = ['weur', 'enam', 'apac'];
const WITNESS = `http://127.0.0.1:${ports.http}/`;
let puts = 0;

beforeEach(() => {
  puts = 0;
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

interface Shape {
  ports: Record<string, number>;
  regions?: string[];
  probing?: object;
}

async function put({ ports, regions = REGIONS, probing = {} }: Shape): Promise<void> {
  const file = {
    fleet: { name: `put ${++puts}` },
    probing: { interval_s: 2, fast_interval_ms: 100, timeout_ms: 500, ...probing },
    vantage: regions.map((region) => ({ id: region, region, witnesses: [WITNESS] })),
    server: Object.entries(ports).map(([id, port]) => ({ id, address: '127.0.0.1', check: [{ kind: 'tls', port }] })),
  };
  expect(await fleetOf(bindings).putFleet(JSON.stringify(file), 'json', { dryRun: false, ifMatch: null, note: '' })).toMatchObject({
    ok: true,
  });
}

function servers(count: number, port: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, port]));
}

async function status(): Promise<Status> {
  return fleetOf(bindings).status();
}

async function healthsBecome(wanted: Record<string, string>): Promise<void> {
  const healths = async () => Object.fromEntries((await status()).servers.map(({ id, health }) => [id, health]));
  await vi.waitFor(async () => expect(await healths()).toEqual(wanted), { timeout: 15_000, interval: 20 });
}

function all(ids: readonly string[], health: string): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, health]));
}

describe('more servers than one object can look at', () => {
  it('are looked at by several, each of which ends its round inside the interval when everything hangs', { timeout: 40_000 }, async () => {
    const told: { round: VantageRound; atMs: number }[] = [];
    const votes = Fleet.prototype.votes;
    vi.spyOn(Fleet.prototype, 'votes').mockImplementation(function (this: Fleet, round) {
      told.push({ round, atMs: Date.now() });
      return votes.call(this, round);
    });
    const fleet = servers(30, ports.hang);
    await put({ ports: fleet, regions: ['weur'] });
    await healthsBecome(all(Object.keys(fleet), 'down'));
    const shards = [...new Set(told.map(({ round }) => round.shard ?? 0))].sort();
    expect(shards).toEqual([0, 1]);
    expect(told.every(({ round }) => Object.keys(round.votes).length <= 17)).toBe(true);
    told.length = 0;
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(7), { timeout: 12_000, interval: 20 });
    // Rounds that do not end in time would drift: each shard's come an interval apart, to within what a busy machine adds.
    for (const shard of shards) {
      const times = told.filter(({ round }) => (round.shard ?? 0) === shard).map(({ atMs }) => atMs);
      const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(2600);
    }
    const { vantages, servers: shown } = await status();
    expect(vantages).toMatchObject([{ id: 'weur', sighted: true }]);
    expect(shown.every((server) => server.votes.length === 1 && server.votes[0]?.vote === 'down')).toBe(true);
  });

  it('keep their verdicts when they move to another object', { timeout: 30_000 }, async () => {
    const fleet = servers(20, ports.tls);
    await put({ ports: fleet });
    await healthsBecome(all(Object.keys(fleet), 'up'));
    await put({ ports: { first: ports.tls, ...fleet } });
    await healthsBecome(all(['first', ...Object.keys(fleet)], 'up'));
    const moved = (await status()).timeline.filter(({ kind, from }) => kind === 'health' && from !== 'unknown');
    expect(moved).toEqual([]);
  });
});

describe('one vantage of three', () => {
  /** What one vantage is told to do, behind the Fleet's back. */
  async function order(region: string, change: (orders: NonNullable<VantageSnapshot['vantage']>) => void): Promise<void> {
    const stub = bindings.VANTAGE.get(bindings.VANTAGE.idFromName(`vantage/${region}/${region}/v1`));
    await runInDurableObject(stub, async (vantage) => {
      const snapshot = structuredClone(Reflect.get(vantage, 'snapshot') as VantageSnapshot);
      if (snapshot.vantage === null) throw new Error('it has no orders');
      change(snapshot.vantage);
      await (vantage as Vantage).assume({ ...snapshot, revision: snapshot.revision + 1 });
    });
  }

  async function says(region: string, server: string, vote: string): Promise<void> {
    const shown = async () =>
      (await status()).servers.find(({ id }) => id === server)?.votes.find(({ vantage }) => vantage === region)?.vote;
    await vi.waitFor(async () => expect(await shown()).toBe(vote), { timeout: 15_000, interval: 20 });
  }

  async function nothingChanged(): Promise<void> {
    const { servers: shown, timeline } = await status();
    expect(shown.map(({ health }) => health)).toEqual(['up', 'down']);
    expect(timeline.filter(({ kind, from }) => kind === 'health' && from !== 'unknown')).toEqual([]);
  }

  beforeEach(async () => {
    await put({ ports: { good: ports.tls, dead: ports.closed }, probing: { interval_s: 1, timeout_ms: 300 } });
    await healthsBecome({ good: 'up', dead: 'down' });
    // The first to speak decides alone; here all three have to have spoken.
    for (const region of REGIONS)
      for (const [server, vote] of [
        ['good', 'up'],
        ['dead', 'down'],
      ] as const)
        await says(region, server, vote);
  });

  it('that is wrong changes no verdict', { timeout: 30_000 }, async () => {
    await order('enam', (orders) => {
      for (const server of orders.servers) for (const check of server.checks) check.port = server.id === 'good' ? ports.closed : ports.tls;
    });
    await says('enam', 'good', 'down');
    await says('enam', 'dead', 'up');
    await nothingChanged();
  });

  it('that is blind changes no verdict, and is shown as blind', { timeout: 30_000 }, async () => {
    await order('enam', (orders) => {
      orders.witnesses = [`http://127.0.0.1:${ports.closed}/`];
      for (const server of orders.servers) for (const check of server.checks) check.port = ports.closed;
    });
    const sighted = async () => (await status()).vantages.map((vantage) => vantage.sighted);
    await vi.waitFor(async () => expect(await sighted()).toEqual([true, false, true]), { timeout: 15_000, interval: 20 });
    await says('enam', 'good', 'unknown');
    await nothingChanged();
  });

  it('that has fallen silent changes no verdict once its votes have run out', { timeout: 30_000 }, async () => {
    vi.spyOn(Vantage.prototype, 'alarm').mockImplementation(function (this: Vantage) {
      if (this.ctx.id.name?.includes('enam')) return Promise.resolve();
      return Promise.resolve(alarm.call(this));
    });
    await says('enam', 'good', 'unknown');
    await nothingChanged();
  });
  const { alarm } = Vantage.prototype;
});

it('a check that cannot be made from here has no say: the server is up by its others, and never down by it', async () => {
  vi.spyOn(Vantage.prototype, 'alarm').mockResolvedValue();
  const stub = bindings.VANTAGE.get(bindings.VANTAGE.idFromName('vantage/weur/weur/v1'));
  const votes: VantageRound['votes'][] = [];
  vi.spyOn(Fleet.prototype, 'votes').mockImplementation(async (round) => void votes.push(round.votes));
  const check = (port: number, host = 'localhost.example') => ({ kind: 'tcp' as const, host, port, critical: true });
  const rules = { intervalMs: 3_600_000, fastIntervalMs: 60, timeoutMs: 300, fall: 1, rise: 1 };
  const orders = {
    id: 'weur',
    region: 'weur',
    witnesses: [],
    phase: 0,
    rules,
    servers: [{ id: 'mail', address: '203.0.113.1', checks: [check(25, '203.0.113.1'), check(25, '104.16.0.1')] }],
  };
  await runInDurableObject(stub, async (vantage) => {
    Reflect.set(vantage, 'env', { ...bindings, ALLOW_PRIVATE: 'false' });
    await (vantage as Vantage).assume({ revision: 1, vantage: orders });
    await (vantage as Vantage).secondOpinion('mail');
  });
  await vi.waitFor(() => expect(votes.length).toBeGreaterThan(0), { timeout: 3000, interval: 10 });
  expect(votes.at(-1)).toMatchObject({ mail: { vote: 'unknown', why: 'connections to it are not supported from here' } });
});
