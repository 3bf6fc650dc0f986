import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { edgeClient } from '../../../worker/local/client.ts';
import { type Edge, startEdge } from '../../../worker/local/edge.ts';
import { spread } from '../../lab/report.ts';
import type { Benchmark, Figure } from '../benchmark.ts';
import { type Hole, openHoles } from './black-holes.ts';

const TRIALS = 20;
const VANTAGES = ['weur', 'enam', 'apac'];
/** The fleet file's defaults. */
const INTERVAL_MS = 10_000;
/** A server dies in each of these spans, at a random instant of it: so deaths overlap as little as real ones do, and fall into every phase of a round. */
const SPAN_MS = 5000;
/** Above the interval of one vantage's turn: the suspicion, and the looks that confirm it. */
const BURST_MS = 5000;
const GIVE_UP_MS = 60_000;
const LOOK_MS = 50;

export const detection: Benchmark = {
  name: 'detection',
  story: `from the instant at which a server goes dark until the fleet knows, default settings, ${TRIALS} servers, real workerd, real time`,
  async run(say) {
    const directory = mkdtempSync(join(tmpdir(), 'farwatch-detection-'));
    const holes = await openHoles(TRIALS);
    const edge = await startEdge({ host: '127.0.0.1', port: 0, persistDir: directory, adminToken: 'bench' });
    try {
      await watch(edge, holes);
      say(`${holes.length} servers are up; they go dark one after the other`);
      return figures(await Promise.all(holes.map((hole, index) => trial(edge, hole, index, say))));
    } finally {
      await edge.stop();
      await Promise.all(holes.map((hole) => hole.close()));
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function watch(edge: Edge, holes: readonly Hole[]): Promise<void> {
  const fleet = {
    fleet: { name: 'detection' },
    vantage: VANTAGES.map((region) => ({ id: region, region })),
    server: holes.map(({ id, port }) => ({ id, address: '127.0.0.1', check: [{ kind: 'banner', port }] })),
  };
  const client = edgeClient(edge.url, 'bench');
  const put = await client.putFleet(JSON.stringify(fleet), 'json', { dryRun: false });
  if (!put.ok) throw new Error(JSON.stringify(put));
  const startedMs = Date.now();
  while (!(await client.status()).servers.every(({ votes }) => votes.every(({ vote }) => vote === 'up'))) {
    if (Date.now() > startedMs + GIVE_UP_MS) throw new Error('the servers do not come up');
    await pause(LOOK_MS);
  }
}

/** @returns milliseconds from the death to the time that the fleet dates the verdict */
async function trial(edge: Edge, hole: Hole, index: number, say: (text: string) => void): Promise<number> {
  await pause((index + Math.random()) * SPAN_MS);
  const diedMs = Date.now();
  hole.dark = true;
  while (Date.now() < diedMs + GIVE_UP_MS) {
    const response = await fetch(`${edge.url}/api/v1/servers/${hole.id}`);
    const { health, since } = (await response.json()) as { health: string; since: string };
    if (health === 'down') {
      hole.dark = false;
      const tookMs = Date.parse(since) - diedMs;
      say(`${hole.id} is known to be down after ${tookMs} ms`);
      return tookMs;
    }
    await pause(LOOK_MS);
  }
  throw new Error(`${hole.id} is not known to be down after ${GIVE_UP_MS} ms`);
}

function figures(times: readonly number[]): Figure[] {
  const { median, max } = spread(times) ?? { median: Number.NaN, max: Number.NaN };
  const promise = Math.round(INTERVAL_MS / VANTAGES.length + BURST_MS);
  return [
    { what: `a dark server is known to be down, median of ${times.length}`, value: median, unit: 'ms', better: 'lower', promise },
    { what: `a dark server is known to be down, slowest of ${times.length}`, value: max, unit: 'ms', better: 'lower' },
  ];
}
