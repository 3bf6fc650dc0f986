import { reset } from 'cloudflare:test';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { type Assumptions, WORLD } from '../../worker/budget/assumptions.ts';
import { budgetOf } from '../../worker/budget/budget.ts';
import type { Scenario } from '../../worker/budget/round.ts';
import { gbSeconds, sum, times, type Usage } from '../../worker/budget/usage.ts';
import type { Reading } from './budget-meter.ts';
import { BudgetWorld } from './budget-world.ts';
import { SiteWorld } from './site-world.ts';

/*
 * The meter against the model: what the code really asks of the platform, for a fleet at work, has to be within a tenth of what the budget says.
 */

const ports = inject('ports');
const WITNESS = `http://127.0.0.1:${ports.http}/`;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** No readers and no changes, and objects that are next to each other. */
const HERE: Assumptions = { ...WORLD, rpcMs: 2, workMs: 2, witnessMs: 5, pageHours: 0, healthChanges: 0 };

let world: BudgetWorld | null = null;

afterEach(async () => {
  world?.stop();
  world = null;
  vi.restoreAllMocks();
  await reset();
});

interface Shape {
  probing?: object;
  check: object;
  sites: number;
  regions?: string[];
}

/** Two servers with two checks each. */
function file({ probing = {}, check, sites, regions = ['weur', 'enam', 'apac'] }: Shape): object {
  return {
    fleet: { name: 'metered', plan: 'paid' },
    probing,
    vantage: regions.map((region) => ({ id: region, region, witnesses: [WITNESS] })),
    server: ['a', 'b'].map((id) => ({ id, address: '127.0.0.1', check: [check, { ...check, critical: false }] })),
    site: Array.from({ length: sites }, (_, index) => ({ id: `site-${index}`, servers: ['a', 'b'] })),
  };
}

async function running(shape: Shape, nowMs?: number): Promise<BudgetWorld> {
  world = new BudgetWorld(file(shape));
  await world.start(nowMs);
  return world;
}

/** The model's day, cut to a span. */
function predicted(shape: Shape, scenario: Scenario, spanMs: number, assume: Assumptions): Usage {
  return times(spanMs / DAY_MS, budgetOf(new BudgetWorld(file(shape)).fleet, assume)[scenario].usage);
}

function within(percent: number, measured: number, expected: number, what: string): void {
  const off = Math.abs(measured / expected - 1) * 100;
  expect(off, `${what}: ${measured} measured, ${expected} by the model`).toBeLessThanOrEqual(percent);
}

function difference(a: Usage, b: Usage): Usage {
  return sum([a, times(-1, b)]);
}

/** A day ahead, so that no alarm of the test's time comes by itself. */
function tomorrow(): number {
  return Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + DAY_MS;
}

/** A whole fleet at work for so long, after its verdicts are in. */
async function metered(shape: Shape, scenario: Scenario, spanMs: number): Promise<BudgetWorld> {
  const fleet = await running(shape, tomorrow());
  fleet.paths(scenario === 'typical');
  await fleet.run(3 * MINUTE_MS);
  fleet.zero();
  await fleet.run(spanMs);
  return fleet;
}

describe('requests and rows', () => {
  for (const scenario of ['typical', 'everythingDown'] as const) {
    it(`are what the budget says: ${scenario}`, { timeout: 120_000 }, async () => {
      const span = 20 * MINUTE_MS;
      const shape = { check: { kind: 'tcp', port: scenario === 'typical' ? ports.hang : ports.closed }, sites: 2 };
      const fleet = await metered(shape, scenario, span);
      const { requests, rowsWritten, rowsRead } = fleet.meter.read();
      const model = predicted(shape, scenario, span, HERE);
      within(10, fleet.workerRequests, model.workerRequests, 'Worker requests');
      within(10, requests, model.doRequests, 'DO requests');
      within(10, rowsWritten, model.rowsWritten, 'rows written');
      within(10, rowsRead, model.rowsRead, 'rows read');
    });
  }

  it('of a router alone are what the budget says', { timeout: 120_000 }, async () => {
    const span = 240 * MINUTE_MS;
    const shape = { check: { kind: 'tcp', port: ports.hang }, sites: 1, regions: [] };
    const fleet = await metered(shape, 'typical', span);
    const { requests, rowsWritten } = fleet.meter.read();
    const model = predicted(shape, 'typical', span, HERE);
    within(10, requests, model.doRequests, 'DO requests');
    within(10, rowsWritten, model.rowsWritten, 'rows written');
  });

  it('of a change of health are at most what the budget says, and not much less', { timeout: 120_000 }, async () => {
    const shape = { check: { kind: 'tcp', port: ports.switched }, sites: 2 };
    const fleet = await metered(shape, 'typical', 0);
    for (const way of ['down', 'up']) {
      await (await fetch(`${WITNESS}switch/${way}`)).text();
      fleet.paths(way === 'up');
      await fleet.run(5 * MINUTE_MS);
    }
    const measured = fleet.meter.read();
    const quiet = predicted(shape, 'typical', 10 * MINUTE_MS, HERE);
    // Both servers went and came.
    const changes = difference(
      predicted(shape, 'typical', DAY_MS, { ...HERE, healthChanges: 4 }),
      predicted(shape, 'typical', DAY_MS, HERE),
    );
    for (const [what, cost, model] of [
      ['requests', measured.requests - quiet.doRequests, changes.doRequests],
      ['rows', measured.rowsWritten - quiet.rowsWritten, changes.rowsWritten],
    ] as const) {
      expect(cost, what).toBeLessThan(model);
      expect(cost, what).toBeGreaterThan(model / 3);
    }
  });
});

describe('time at work', () => {
  const span = 12_000;
  const probing = { interval_s: 1, timeout_ms: 500, fast_interval_ms: 1000 };

  async function measure(shape: Shape): Promise<Reading> {
    const metered = await running(shape);
    // Until the verdicts are in, and rounds come by their interval only.
    await pause(4500);
    metered.meter.zero();
    await pause(span);
    return metered.meter.read();
  }

  function total({ activeMs }: Reading): number {
    return gbSeconds(activeMs.fleet + activeMs.vantage + activeMs.site);
  }

  it('is the waiting for the slowest probe on a typical day', { timeout: 60_000, retry: 2 }, async () => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
      await pause(300);
      return new Response('well');
    });
    const shape = { probing, check: { kind: 'http', url: WITNESS }, sites: 0 };
    const measured = await measure(shape);
    const assume = { ...HERE, probeMs: { ...HERE.probeMs, http: 300 } };
    within(10, total(measured), predicted(shape, 'typical', span, assume).gbSeconds, 'GB-s');
  });

  it('is the waiting for every timeout with everything down', { timeout: 60_000, retry: 2 }, async () => {
    const shape = { probing, check: { kind: 'tls', port: ports.hang }, sites: 0 };
    const measured = await measure(shape);
    within(10, total(measured), predicted(shape, 'everythingDown', span, HERE).gbSeconds, 'GB-s');
  });

  it('of a site is 50 ms a held poll at most, however long it is held', { timeout: 30_000 }, async () => {
    const site = await SiteWorld.running();
    world = new BudgetWorld(file({ check: { kind: 'tcp', port: ports.hang }, sites: 0 }));
    await world.start();
    world.meter.zero();
    await site.poll({ applied: 1 }, { hold: 3000 });
    await site.poll({ applied: 1 }, { hold: 3000 });
    expect(world.meter.read().activeMs.site / 2).toBeLessThan(50);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
