import { describe, expect, test } from 'vitest';
import type { SiteRules } from '../../../worker/engine/types.ts';
import { path, Site, START, up } from './site-world.ts';

const A = { id: 'a', priority: 200, weight: 100 };
const B = { id: 'b', priority: 100, weight: 100 };

function changed(from: Partial<SiteRules>, to: Partial<SiteRules>): string[] {
  const site = new Site(from).hear(START);
  site.rules = { ...site.rules, ...to };
  return site.hear([1000, path('a', true), path('b', true)]).log.slice(1);
}

describe('a changed fleet file', () => {
  test('other capacities: new flows follow at once', () => {
    expect(changed({ policy: 'weighted' }, { servers: [{ ...A, weight: 300 }, B] })).toEqual(['1000 drain a 75/25 weights']);
  });

  test('the Active leaves the site: the other one takes over', () => {
    const site = new Site().hear(START);
    site.rules = { ...site.rules, servers: [B] };
    expect(site.hear([1000, path('b', true)]).effects.at(-1)).toMatchObject({ active: 'b', weights: { b: 100 }, blame: 'weights' });
  });

  test('the pinned server leaves the site: the pin is over, and does not come back with it', () => {
    const both = [path('a', true), path('b', true)];
    const site = new Site({ policy: 'weighted' }).hear(START, [1000, ...both, { type: 'pin', server: 'b' }]);
    site.rules = { ...site.rules, servers: [A] };
    expect(site.hear([2000, path('a', true)]).effects.at(-1)).toMatchObject({ active: 'a', weights: { a: 100 } });
    site.rules = { ...site.rules, servers: [A, B] };
    expect(site.hear([3000, ...both]).state.override).toBeNull();
  });

  test('the Active leaves and nobody is there: traffic stays until somebody is', () => {
    const site = new Site().hear(START);
    site.rules = { ...site.rules, servers: [{ id: 'c', priority: 100, weight: 100 }] };
    expect(site.hear([1000]).log).toHaveLength(1);
    expect(site.hear([5000, up('c')]).effects.at(-1)).toMatchObject({ t: 5000, active: 'c', weights: { c: 100 } });
  });

  test.each([
    ['a standby leaves', { servers: [A] }],
    ['a standby comes', { servers: [A, B, { id: 'c', priority: 50, weight: 100 }] }],
    ['capacities that the policy does not use', { servers: [{ ...A, weight: 1 }, B] }],
    ['other durations', { preemptDelayMs: 1000 }],
  ])('%s: nothing moves', (_what, to) => {
    expect(changed({}, to)).toEqual([]);
  });

  test('on a dead uplink the change waits until a path lives', () => {
    const site = new Site({ policy: 'weighted' }).hear(START, [1000, path('a', false), path('b', false)]);
    site.rules = { ...site.rules, servers: [{ ...A, weight: 300 }, B] };
    expect(site.hear([2000, path('a', false), path('b', false)]).log.slice(1)).toEqual(['1000 hold uplink-down']);
    expect(site.hear([3000, path('a', true), path('b', true)]).log.slice(2)).toEqual(['3000 drain a 75/25 weights', '3000 hold none']);
  });

  test('another priority is a return like any other: hold-down over, then the stages', () => {
    const site = new Site().hear(START).report(1000, 100_000, path('a', true), path('b', true));
    site.rules = { ...site.rules, servers: [A, { ...B, priority: 250 }] };
    expect(site.report(101_000, 230_000, path('a', true), path('b', true)).log.slice(1)).toEqual([
      '101000 drain a 90/10 preempt',
      '161000 drain b 50/50 stage',
      '221000 drain b 0/100 stage',
    ]);
  });
});

test('a pin that ends while its server returns in stages gives the preferred one everything again', () => {
  const both = [path('a', true), path('b', true)];
  const site = new Site().hear(START, [1000, { type: 'pin', server: 'b', until: 130_000 }]);
  site.report(2000, 9000, ...both).report(10_000, 20_000, path('a', true), path('b', false));
  expect(site.report(21_000, 140_000, ...both).log.slice(2)).toEqual([
    '10000 cut a 100/0 path-down',
    '81000 drain a 90/10 preempt',
    '130000 drain a 100/0 weights',
  ]);
});
