import { describe, expect, it } from 'vitest';
import { BUCKETS, countOf, type Histogram, merged, QUANTILE_ERROR, quantile, withLatency } from '../../../worker/history/histogram.ts';
import { DAY_MS, HOUR_MS, type Rollup } from '../../../worker/history/rollup.ts';
import { BAR_DAYS, historyOf, windowStartMs } from '../../../worker/history/summary.ts';
import { advance, GAP_MS, type Healths, sawLatency, startTally, type Tally, tallySchema } from '../../../worker/history/tally.ts';
import type { Health } from '../../../worker/protocol/health.ts';
import { UPTIME_WINDOWS } from '../../../worker/protocol/history.ts';
import { Prng } from '../../sim/prng.ts';

const START_MS = Date.UTC(2026, 7, 1, 7, 13, 11, 123);
const HEALTHS: readonly Health[] = ['up', 'down', 'unknown', 'maintenance'];

/** The archive without its tables: rows by their start, as the rings keep them. */
class World {
  tally: Tally = startTally(START_MS);
  rows = new Map<string, Rollup>();

  advance(t: number, healths: Healths, trusted = false): void {
    const { tally, closed } = advance(this.tally, t, healths, { trusted });
    this.tally = tally;
    for (const { server, span, startMs, rollup } of closed) this.rows.set(`${server} ${span} ${startMs}`, rollup);
  }

  /** All that was in memory goes through its row. */
  restart(): void {
    this.tally = tallySchema.parse(JSON.parse(JSON.stringify(this.tally)));
  }

  history(server: string) {
    const rows = (span: string) =>
      [...this.rows].flatMap(([key, rollup]) => {
        const [whose, what, startMs] = key.split(' ');
        return whose === server && what === span ? [{ startMs: Number(startMs), rollup }] : [];
      });
    const { firstMs, hour, day } = this.tally.servers[server] ?? { firstMs: 0, hour: EMPTY, day: EMPTY };
    return historyOf({ atMs: this.tally.atMs, firstMs, hours: rows('hour'), days: rows('day'), today: day, hour });
  }
}

const EMPTY: Rollup = { up: 0, down: 0, maintenance: 0, latency: {} };

interface Span {
  fromMs: number;
  toMs: number;
  health: Health;
}

/** The length of what is in this health between two times, from the bare spans: no hours, no days, no sums kept. */
function naive(spans: readonly Span[], health: Health, fromMs: number, toMs: number): number {
  return spans
    .filter((span) => span.health === health)
    .reduce((sum, span) => sum + Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs)), 0);
}

describe('uptime', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`is what a naive sum over the events says: seed ${seed}`, () => {
      const rng = new Prng(`history ${seed}`);
      const world = new World();
      const spans: Span[] = [];
      let health: Health = 'unknown';
      let t = START_MS;
      world.advance(t, { a: health });
      for (let step = 0; step < 6000; step++) {
        const kind = rng.next();
        // Looks of seconds to minutes; a stop, a sleep or a step of the clock now and then; steps back that are waited out.
        const stepMs = kind < 0.004 ? rng.int(GAP_MS + 1, 60 * HOUR_MS) : kind < 0.01 ? -rng.int(1, GAP_MS) : rng.int(1, GAP_MS);
        const to = t + stepMs;
        if (kind > 0.98) world.restart();
        const accounted = world.tally.atMs;
        world.advance(to, { a: health });
        if (to > accounted) spans.push({ fromMs: accounted, toMs: to, health: to - accounted > GAP_MS ? 'unknown' : health });
        t = to;
        // Only what is accounted can change: within a step back the old health goes on.
        if (to >= accounted && rng.next() < 0.2) health = HEALTHS[rng.int(0, 3)] ?? 'up';
      }
      const { uptime, days, asOf } = world.history('a');
      const atMs = Date.parse(asOf);
      for (const window of Object.keys(UPTIME_WINDOWS) as (keyof typeof UPTIME_WINDOWS)[]) {
        const fromMs = windowStartMs(window, atMs);
        for (const one of HEALTHS) expect(uptime[window][`${one}Ms`], `${window} ${one}`).toBe(naive(spans, one, fromMs, atMs));
      }
      expect(days).toHaveLength(BAR_DAYS);
      for (const bar of days) {
        const fromMs = Date.parse(bar.day);
        for (const one of HEALTHS)
          expect(bar[`${one}Ms`], `${bar.day} ${one}`).toBe(naive(spans, one, fromMs, Math.min(fromMs + DAY_MS, atMs)));
      }
    });
  }

  it('counts a stop as unknown, and the time before it that is known to have been lived as what it was', () => {
    const world = new World();
    world.advance(START_MS, { a: 'up' });
    world.restart();
    world.advance(START_MS + 10 * 60_000, { a: 'up' }, true);
    world.advance(START_MS + 70 * 60_000, { a: 'up' });
    expect(world.history('a').uptime['24h']).toMatchObject({ upMs: 600_000, unknownMs: 3_600_000, downMs: 0, up: 1 });
  });

  it('begins when a server is first watched, and ends when it is no longer', () => {
    const world = new World();
    world.advance(START_MS, { a: 'up' });
    world.advance(START_MS + 60_000, { a: 'up', b: 'down' });
    world.advance(START_MS + 120_000, { b: 'down' });
    expect(world.history('b').uptime['90d']).toMatchObject({ downMs: 60_000, unknownMs: 0, up: 0 });
    expect(world.tally.servers.a).toBeUndefined();
  });

  it('begins anew after the clock was set back by much, and never counts more than there was', () => {
    const world = new World();
    world.advance(START_MS, { a: 'up' });
    for (let minute = 1; minute < 30; minute++) world.advance(START_MS + minute * 60_000, { a: 'up' });
    world.advance(START_MS - 10 * HOUR_MS, { a: 'up' });
    for (let minute = 1; minute < 30; minute++) world.advance(START_MS - 10 * HOUR_MS + minute * 60_000, { a: 'up' });
    const { upMs, unknownMs } = world.history('a').uptime['24h'];
    expect(upMs).toBeLessThanOrEqual(29 * 60_000);
    expect(unknownMs).toBe(0);
  });
});

describe('a histogram', () => {
  it('is off by its bound at most, and merges without loss', () => {
    const rng = new Prng('histogram');
    const values = Array.from({ length: 5000 }, () => Math.exp(rng.next() * 9) * 0.2);
    const half = (odd: number) => values.filter((_, index) => index % 2 === odd).reduce<Histogram>(withLatency, []);
    const both = merged(half(0), half(1));
    expect(both).toEqual(values.reduce<Histogram>(withLatency, []));
    expect(countOf(both)).toBe(5000);
    const sorted = values.toSorted((a, b) => a - b);
    for (const q of [0.01, 0.5, 0.95, 0.99, 1]) {
      const exact = sorted[Math.max(1, Math.ceil(q * 5000)) - 1] ?? 0;
      expect(Math.abs((quantile(both, q) ?? 0) / exact - 1)).toBeLessThan(QUANTILE_ERROR + 0.01);
    }
  });

  it('is bounded, whatever is put into it', () => {
    const all = [0, -1, 1e-9, 1e9, 65_000].reduce<Histogram>(withLatency, []);
    expect(all.length).toBeLessThanOrEqual(BUCKETS + 1);
    expect(quantile([], 0.5)).toBeNull();
  });

  it('is kept by vantage, through hours and days', () => {
    const world = new World();
    world.advance(START_MS, { a: 'up' });
    for (let minute = 1; minute < 60 * 60; minute++) {
      world.tally = sawLatency(world.tally, 'a', minute % 2 ? 'weur' : 'enam', minute % 2 ? 20 : 200);
      world.advance(START_MS + minute * 60_000, { a: 'up' });
    }
    const { latency } = world.history('a');
    expect(latency['7d'].weur?.count).toBe(1800);
    expect(latency['30d'].weur?.count).toBe(1800);
    expect(Math.abs((latency['90d'].enam?.p95 ?? 0) - 200)).toBeLessThan(200 * QUANTILE_ERROR);
  });
});
