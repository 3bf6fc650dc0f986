import * as z from 'zod';
import type { Benchmark, Figure } from '../benchmark.ts';
import { type Crowd, each, type Gathering, gather, quantile, REST_MS, settled, until } from './crowd.ts';

const SERVERS = Array.from({ length: 200 }, (_, i) => `vps-${i + 1}`);
const [FAILING = ''] = SERVERS;
/** 5,000 sites are told within this, seconds. */
const PROMISE_S = 10;
/** Wakes of single sites meanwhile: whoever is told last must not wait for the herd. */
const ASKS = 10;

export const herd: Benchmark = {
  name: 'herd',
  story: `a fleet of ${SERVERS.length} servers and 5000 sites on the local edge: a VPS that all of them use says that it goes down`,
  size: 5000,
  run: (say, _, sites) => tell({ sites, servers: SERVERS, awake: true }, say, PROMISE_S),
};

/** What the runtime does where its files do not suffice for all databases at once, and what Cloudflare does. Smaller: while it is set up all are awake. */
export const herdAsleep: Benchmark = {
  name: 'herd-asleep',
  story: 'the same with 3000 sites that sleep',
  size: 3000,
  run: (say, _, sites) => tell({ sites, servers: SERVERS, awake: false }, say),
};

async function tell(gathering: Gathering, say: (text: string) => void, promiseS?: number): Promise<Figure[]> {
  const { sites, awake } = gathering;
  const startedMs = performance.now();
  const crowd = await gather(gathering, say);
  try {
    const setUpS = (performance.now() - startedMs - REST_MS) / 1000;
    const rssMiB = crowd.rssMiB();
    const before = { edgeMs: crowd.cpuMs(), ownMs: ownCpuMs() };
    const { wokenS, asks } = await resign(crowd);
    say(`all ${sites} are told`);
    const settledMs = performance.now();
    await settled(crowd);
    const cpuMs = (crowd.cpuMs() - before.edgeMs) / sites;
    const ownMs = (ownCpuMs() - before.ownMs) / sites;
    const lost = crowd.pollers.reduce((sum, { failures }) => sum + failures, 0);
    const figure = (what: string, value: number, unit: string, promise?: number): Figure => ({
      what,
      value,
      unit,
      better: 'lower',
      ...(promise === undefined ? {} : { promise }),
    });
    const state = awake ? 'awake' : 'asleep';
    return [
      figure(
        `from the resignation to the directive at the last of ${sites} routers, their sites ${state}`,
        Math.max(...wokenS),
        's',
        promiseS,
      ),
      figure('the same, median router', quantile(wokenS, 0.5), 's'),
      figure('routers of them that poll from inside of the runtime, for want of files for their sockets', crowd.inside, 'routers'),
      figure('until the picture shows every router on its new server, after that', (performance.now() - settledMs) / 1000, 's'),
      figure(`GET /health while ${sites} sites are told, worst of ${ASKS}`, Math.max(...asks), 'ms'),
      figure('processor time of the edge for it, and of the routers inside, a site', cpuMs, 'ms'),
      figure('processor time of this measurement and its other routers meanwhile, a site', ownMs, 'ms'),
      figure('polls lost meanwhile', lost, 'polls', 0),
      figure('resident memory of workerd while all polls are held', rssMiB, 'MiB'),
      figure('from nothing to all polls held: objects made, tokens, first directives', setUpS, 's'),
    ];
  } finally {
    await crowd.stop();
  }
}

/** @returns by router, seconds from the answered resignation to its directive; and what small requests took meanwhile, milliseconds */
async function resign(crowd: Crowd): Promise<{ wokenS: number[]; asks: number[] }> {
  const { body } = await crowd.admin('POST', `/servers/${FAILING}/tokens`, {});
  const { token } = z.object({ token: z.string() }).parse(JSON.parse(body));
  const seen = crowd.news.length;
  const sites = crowd.pollers.length;
  const startedMs = performance.now();
  const answer = crowd.edge.send('POST', '/server/v1/resign', { token, json: {} });
  const asks: number[] = [];
  const watching = each(Array.from({ length: ASKS }), 1, async () => {
    const askedMs = performance.now();
    asks.push((await crowd.edge.send('GET', '/health')).atMs - askedMs);
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  const left = () => crowd.news.slice(seen).filter(({ active }) => active !== FAILING);
  await until(() => new Set(left().map(({ site }) => site)).size === sites, 120_000, 'every router leaves the server that resigned');
  await watching;
  if ((await answer).status >= 300) throw new Error(`resign: ${(await answer).body}`);
  return { wokenS: left().map(({ atMs }) => (atMs - startedMs) / 1000), asks };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
