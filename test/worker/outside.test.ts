import { abortAllDurableObjects, env, reset } from 'cloudflare:test';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { type Env, fleetOf } from '../../worker/env.ts';
import type { FleetRpc } from '../../worker/objects/contract.ts';

/*
 * The outside half of the story with nothing replaced: real listeners, three real vantages, the real Fleet and Site. A server dies and returns.
 */

const ports = inject('ports');
const bindings = env as unknown as Env;
const INTERVAL_S = 2;
const REGIONS = ['weur', 'enam', 'apac'];

/** A stub survives neither a reset nor a crash. */
let fleet: FleetRpc;

beforeEach(async () => {
  fleet = fleetOf(bindings);
  await turn('up');
});

afterEach(async () => {
  await turn('up');
  await reset();
});

async function turn(to: 'up' | 'down'): Promise<void> {
  await (await fetch(`http://127.0.0.1:${ports.http}/switch/${to}`)).text();
}

function file(): string {
  return JSON.stringify({
    fleet: { name: 'outside' },
    probing: { interval_s: INTERVAL_S, fast_interval_ms: 100, timeout_ms: 500 },
    vantage: REGIONS.map((region) => ({ id: region, region, witnesses: [`http://127.0.0.1:${ports.http}/`] })),
    server: [
      { id: 'a', address: '127.0.0.1', check: [{ kind: 'tcp', port: ports.switched }] },
      { id: 'b', address: '127.0.0.1', check: [{ kind: 'tls', port: ports.tls }] },
    ],
    site: [{ id: 'home', servers: ['a', 'b'] }],
  });
}

async function begin(): Promise<void> {
  const outcome = await fleet.putFleet(file(), 'json', { dryRun: false, ifMatch: null, note: '' });
  expect(outcome).toMatchObject({ ok: true });
  await serverBecomes('a', 'up');
  await serverBecomes('b', 'up');
}

async function serverBecomes(id: string, health: string): Promise<void> {
  await vi.waitFor(async () => expect((await fleet.status()).servers.find((server) => server.id === id)?.health).toBe(health), {
    timeout: 12_000,
    interval: 10,
  });
}

it('a dead server is down within a round and a burst, and up again when it returns', async () => {
  await begin();
  const diedMs = Date.now();
  await turn('down');
  await serverBecomes('a', 'down');
  // One vantage notices within its interval at the latest; then two fast intervals, and room for a busy machine.
  expect(Date.now() - diedMs).toBeLessThan(INTERVAL_S * 1000 + 1500);
  const { servers, incidents, timeline } = await fleet.status();
  expect(servers.map(({ health }) => health)).toEqual(['down', 'up']);
  expect(servers[0]?.why).toMatch(/^a is down: [23] of 3 vantages say down \(.*refused, \d+ in a row\), 2 decide$/);
  expect(incidents.filter(({ server }) => server === 'a')).toMatchObject([{ endedAt: null }]);
  await turn('up');
  await serverBecomes('a', 'up');
  expect((await fleet.status()).incidents.filter(({ server }) => server === 'a')).toMatchObject([{ endedAt: expect.any(String) }]);
  expect(timeline.some(({ kind, server, to }) => kind === 'health' && server === 'a' && to === 'down')).toBe(true);
}, 30_000);

it('a crash of everything loses no version, no incident and no verdict, and the watching goes on', async () => {
  await begin();
  await turn('down');
  await serverBecomes('a', 'down');
  const before = await fleet.status();
  await abortAllDurableObjects();
  fleet = fleetOf(bindings);
  const after = await fleet.status();
  expect(after.fleet).toEqual(before.fleet);
  expect(after.incidents.filter(({ server }) => server === 'a')).toEqual(before.incidents.filter(({ server }) => server === 'a'));
  expect(after.servers.map(({ health }) => health)).toEqual(['down', 'up']);
  await turn('up');
  await serverBecomes('a', 'up');
  expect((await fleet.status()).timeline.filter(({ kind, to }) => kind === 'health' && to === 'unknown')).toEqual([]);
}, 30_000);
