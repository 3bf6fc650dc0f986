import type { Benchmark } from '../benchmark.ts';
import { type Crowd, gather, quantile, until } from './crowd.ts';

const POLLS = 1000;
const WAKES = 300;
const PLAIN = 300;
/** DESIGN: a directive has to reach a held poll within a second; locally far sooner. */
const PROMISE_MS = { p50: 10, p99: 50 };

export const wake: Benchmark = {
  name: 'wake',
  story: `from a pin's request to the directive in its router's hands, ${POLLS} polls held on the local edge, one wake at a time`,
  size: POLLS,
  async run(say, _, polls) {
    const crowd = await gather({ sites: polls, servers: ['a', 'b'], awake: false }, say);
    try {
      const wakes = await wakeMany(crowd);
      say(`${WAKES} wakes are measured`);
      const plain = await plainMany(crowd);
      const figure = (what: string, share: number, promise: number) => ({
        what: `${what} of ${WAKES} wakes at ${polls} held polls`,
        value: quantile(wakes, share),
        unit: 'ms',
        better: 'lower' as const,
        promise,
        peer: { name: 'a plain GET /health of the same edge, same share', value: quantile(plain, share) },
      });
      return [figure('median', 0.5, PROMISE_MS.p50), figure('p99', 0.99, PROMISE_MS.p99)];
    } finally {
      await crowd.stop();
    }
  },
};

async function wakeMany(crowd: Crowd): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < WAKES; i++) {
    const { site } = crowd.pollers[(i * 7919) % crowd.pollers.length] ?? { site: '' };
    const seen = crowd.news.length;
    const startedMs = performance.now();
    const answer = await crowd.admin('POST', `/sites/${site}/pin`, { server: activeOf(crowd, site) === 'a' ? 'b' : 'a' });
    if (answer.status >= 300) throw new Error(`pin: ${answer.status} ${answer.body}`);
    await until(() => crowd.news.slice(seen).some((told) => told.site === site), 5000, `${site} hears of its pin`);
    took.push((crowd.news.slice(seen).find((told) => told.site === site)?.atMs ?? 0) - startedMs);
  }
  return took;
}

function activeOf(crowd: Crowd, site: string): string | undefined {
  return crowd.news.findLast((told) => told.site === site)?.active;
}

async function plainMany(crowd: Crowd): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < PLAIN; i++) {
    const startedMs = performance.now();
    const { atMs } = await crowd.edge.send('GET', '/health');
    took.push(atMs - startedMs);
  }
  return took;
}
