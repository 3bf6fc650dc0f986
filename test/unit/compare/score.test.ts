import { describe, expect, test } from 'vitest';
import { aheadOf, COLUMNS, type Row } from '../../bench/compare/figures.ts';
import { type Change, quantile, type Score, score } from '../../bench/compare/score.ts';
import type { Episode } from '../../bench/compare/world/episode.ts';
import { World } from '../../bench/compare/world/world.ts';

/** One hour and a half; the primary is bad for 1,000 s, once, or as `trouble` says. */
function worldOf(trouble: Partial<Episode> = {}): { world: World; from: number; to: number } {
  const base = { where: 'path', target: 'a', loss: 1, extraMs: 0, harmful: true, blind: null, flips: [] } as const;
  let first = true;
  const episode = (_: unknown, from: number): Episode => {
    const to = first ? from + 1_000_000 : Number.POSITIVE_INFINITY;
    first = false;
    return { ...base, ...trouble, from, to };
  };
  const world = new World({ id: 'test', name: '', story: '', right: '', quietMs: 100_000, episode }, 'score', 1.5);
  const [{ from, to } = { from: 0, to: 0 }] = world.episodes;
  return { world, from, to };
}

const toA = (t: number): Change => ({ t, a: 1, b: 0 });
const toB = (t: number): Change => ({ t, a: 0, b: 1 });
const nowhere = (t: number): Change => ({ t, a: 0, b: 0 });

describe('a score', () => {
  test('of a failover and a failback in time', () => {
    const { world, from, to } = worldOf();
    expect(score(world, [toA(0), toB(from + 300), toA(to + 60_000)])).toEqual({
      hours: 1.5,
      detectionMs: [300],
      failovers: 1,
      falseFailovers: 0,
      failbacks: 1,
      badFailbacks: 0,
      deadMs: 300,
    });
  });

  test('who never leaves is on a dead path throughout', () => {
    const { world } = worldOf();
    expect(score(world, [toA(0)])).toMatchObject({ detectionMs: [Number.POSITIVE_INFINITY], failovers: 0, deadMs: 1_000_000 });
  });

  test('a return in the middle of it is onto a bad primary, and shares count by their part', () => {
    const { world, from } = worldOf();
    const back = { t: from + 1000, a: 0.1, b: 0.9 };
    expect(score(world, [toA(0), toB(from + 100), back, toB(from + 2000)])).toMatchObject({
      failovers: 2,
      failbacks: 1,
      badFailbacks: 1,
      deadMs: 200,
    });
  });

  test('leaving a server that serves well is false, and so is going to one that does not', () => {
    const { world, from } = worldOf();
    expect(score(world, [toA(0), toB(from - 5000), toA(from - 4000)])).toMatchObject({ falseFailovers: 1 });
    const both = worldOf({ where: 'uplink', target: 'both' });
    expect(score(both.world, [toA(0), toB(both.from + 10)])).toMatchObject({ falseFailovers: 1, deadMs: 0, detectionMs: [] });
  });

  test('no server at all is dead while one serves well, and neither a failover nor a failback', () => {
    const { world, from } = worldOf({ where: 'uplink', target: 'both' });
    expect(score(world, [toA(0), nowhere(from + 1000), toA(from + 1_002_000)])).toMatchObject({ deadMs: 2000, failovers: 0, failbacks: 0 });
  });

  test('what is harmless is no reason to move', () => {
    const { world, from } = worldOf({ where: 'monitor', harmful: false });
    expect(score(world, [toA(0), toB(from + 10)])).toMatchObject({ falseFailovers: 1, detectionMs: [], deadMs: 0 });
  });
});

test('quantiles take what never happened for infinite', () => {
  expect(quantile([], 0.5)).toBeNull();
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, Number.POSITIVE_INFINITY], 0.95)).toBe(Number.POSITIVE_INFINITY);
});

test('who is ahead is named, and who reads the same is even', () => {
  const plain: Score = { hours: 1000, detectionMs: [100], failovers: 0, falseFailovers: 2, failbacks: 0, badFailbacks: 0, deadMs: 0 };
  const rows: Row[] = [
    { id: 'me', name: 'Me', score: plain },
    { id: 'x', name: 'X', score: { ...plain, falseFailovers: 1 } },
    { id: 'y', name: 'Y', score: { ...plain, detectionMs: [99.9], falseFailovers: 3 } },
  ];
  expect(aheadOf('me', rows).map(({ column, names }) => [column.id, names])).toEqual([['false', ['X (1)']]]);
  expect(COLUMNS.find(({ id }) => id === 'median')?.show(Number.POSITIVE_INFINITY)).toBe('never');
});
