import { describe, expect, test } from 'vitest';
import type { QualityRules } from '../../../worker/engine/types.ts';
import { path, Site, START } from './site-world.ts';

const QUALITY: QualityRules = { maxLoss: 0.1, maxRttMs: 400, windowMs: 30_000, marginLoss: 0.02, marginRttMs: 20, marginRatio: 0.2 };

const good = (server: string) => path(server, true, { loss: 0, rttMs: 40 });
const lossy = (server: string, loss: number) => path(server, true, { loss, rttMs: 40 });
const slow = (server: string, rttMs: number) => path(server, true, { loss: 0, rttMs });

const site = (quality: Partial<QualityRules> = {}) => new Site({ quality: { ...QUALITY, ...quality } }).hear(START);

describe('a path that is alive but bad', () => {
  test('keeps its place without quality rules', () => {
    expect(new Site().hear(START).report(1000, 120_000, lossy('a', 0.9), good('b')).log).toEqual(['0 drain a 100/0 none']);
  });

  test.each([
    ['loss', lossy('a', 0.3)],
    ['a long round trip', slow('a', 900)],
  ])('loses its new flows after a whole window of %s', (_what, bad) => {
    expect(site().report(1000, 60_000, bad, good('b')).log).toEqual(['0 drain a 100/0 none', '31000 drain b 0/100 weights']);
  });

  test.each([
    ['at the limit', lossy('a', 0.1), good('b')],
    ['with a standby that is bad too', lossy('a', 0.3), lossy('b', 0.3)],
    ['with a standby that is better by the absolute margin only', lossy('a', 0.3), lossy('b', 0.26)],
    ['with a dead standby', lossy('a', 0.3), path('b', false)],
  ])('keeps them %s', (_what, bad, standby) => {
    expect(
      site()
        .report(1000, 120_000, bad, standby)
        .log.filter((line) => !line.includes('hold')),
    ).toEqual(['0 drain a 100/0 none']);
  });

  test('a reading that falls below the limit before the window is over starts it anew', () => {
    const judge = site();
    for (let s = 1; s < 120; s += 20)
      judge.report(s * 1000, (s + 15) * 1000, lossy('a', 0.3), good('b')).report((s + 16) * 1000, (s + 19) * 1000, good('a'), good('b'));
    expect(judge.log).toEqual(['0 drain a 100/0 none']);
  });

  test('goes to and fro with no standby that flaps: what has failed waits for its hold-down first', () => {
    const judge = site().report(1000, 31_000, lossy('a', 0.3), good('b'));
    for (let s = 40; s < 600; s += 20)
      judge
        .report(s * 1000, (s + 9) * 1000, lossy('a', 0.3), path('b', false))
        .report((s + 10) * 1000, (s + 19) * 1000, lossy('a', 0.3), good('b'));
    expect(judge.log.slice(2)).toEqual(['40000 cut a 100/0 path-down', '40000 hold weights']);
    expect(judge.report(600_000, 1_500_000, lossy('a', 0.3), good('b')).log[4]).toBe('1490000 drain b 0/100 weights');
  });

  test('what dies is cut at once, poor or not', () => {
    expect(
      site()
        .report(1000, 5000, lossy('a', 0.3), good('b'))
        .hear([6000, path('a', false), good('b')]).log[1],
    ).toBe('6000 cut b 0/100 path-down');
  });

  test('a poor standby is still better than a dead Active', () => {
    const judge = site().report(1000, 40_000, good('a'), lossy('b', 0.5));
    expect(judge.hear([41_000, path('a', false), lossy('b', 0.5)]).log[1]).toBe('41000 cut b 0/100 path-down');
  });
});

describe('the way back', () => {
  const away = () => site().report(1000, 31_000, lossy('a', 0.3), good('b'));

  test('needs a clearly better reading for a window, then the hold-down and the stages', () => {
    expect(away().report(32_000, 300_000, good('a'), good('b')).log.slice(2)).toEqual([
      '122000 drain b 10/90 preempt',
      '182000 drain a 50/50 stage',
      '242000 drain a 100/0 stage',
    ]);
  });

  test.each([
    [0.085, false],
    [0.08, true],
  ])('with a loss of %f: %s (limit 10 %%, margins 2 points and 20 %%)', (loss, returns) => {
    expect(away().report(32_000, 300_000, lossy('a', loss), good('b')).log.length > 2).toBe(returns);
  });

  test('swings around the limit move nothing more', () => {
    const judge = away();
    for (let s = 32; s < 600; s++) judge.report(s * 1000, s * 1000, lossy('a', s % 2 === 0 ? 0.085 : 0.3), good('b'));
    expect(judge.log.length).toBe(2);
  });
});

describe('without quality rules', () => {
  const cut = (rules = {}) => new Site(rules).hear(START).hear([1000, path('a', false), good('b')]);

  test('nobody returns to a path that loses much more than the one that carries, until it does not', () => {
    const judge = cut().report(2000, 300_000, lossy('a', 0.3), good('b'));
    expect(judge.log).toEqual(['0 drain a 100/0 none', '1000 cut b 0/100 path-down']);
    expect(judge.report(301_000, 302_000, good('a'), good('b')).log.slice(2)).toEqual(['301000 drain b 10/90 preempt']);
  });

  test.each([
    ['a tenth', lossy('a', 0.1), good('b')],
    ['less than a tenth more than the other', lossy('a', 0.3), lossy('b', 0.25)],
  ])('%s is no reason', (_what, returning, carrying) => {
    expect(cut().report(2000, 100_000, returning, carrying).log[2]).toBe('62000 drain b 10/90 preempt');
  });

  test('a return stays at its stage while the path is bad', () => {
    const judge = cut().report(2000, 70_000, good('a'), good('b')).report(71_000, 300_000, lossy('a', 0.3), good('b'));
    expect(judge.log.slice(2)).toEqual(['62000 drain b 10/90 preempt']);
  });

  test('people may pin to it all the same', () => {
    const judge = cut()
      .report(2000, 10_000, lossy('a', 0.3), good('b'))
      .hear([11_000, { type: 'pin', server: 'a' }]);
    expect(judge.log[2]).toMatch(/^11000 drain .* pin$/);
  });
});

test('active-active: a poor one loses its share to the others', () => {
  const judge = new Site({ policy: 'weighted', quality: QUALITY }).hear(START).report(1000, 60_000, lossy('a', 0.3), good('b'));
  expect(judge.log).toEqual(['0 drain a 50/50 none', '31000 drain b 0/100 weights']);
});

test('active-active: all are poor and stay; one dies, and another poor one takes its share', () => {
  const both = new Site({ policy: 'weighted', quality: QUALITY }).hear(START).report(1000, 60_000, lossy('a', 0.3), lossy('b', 0.3));
  expect(both.log).toEqual(['0 drain a 50/50 none', '31000 hold weights']);
  expect(both.hear([61_000, lossy('a', 0.3), path('b', false)]).log[2]).toBe('61000 cut a 100/0 path-down');
});
