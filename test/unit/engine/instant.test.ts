import { describe, expect, test } from 'vitest';
import type { SiteEvent } from '../../../worker/engine/types.ts';
import { emptyVantage, stepVantage, voteOf } from '../../../worker/engine/vantage.ts';
import { down, path, Site, START } from './site-world.ts';

/*
 * What an instant says twice, or in two ways: it is heard once, and the order of its lines does not matter.
 */

describe('a control that is there twice was asked for once', () => {
  test('a refused pin is refused once', () => {
    const pin: SiteEvent = { type: 'pin', server: 'b' };
    expect(new Site().hear(START, [1000, path('a', true), path('b', false), pin, pin]).log).toEqual([
      '0 drain a 100/0 none',
      '1000 hold pin',
    ]);
  });

  test('a drill does not stand in its own way', () => {
    expect(new Site().hear(START, [1000, { type: 'drill' }, { type: 'drill' }]).log).toEqual([
      '0 drain a 100/0 none',
      '1000 drain b 0/100 drill',
    ]);
  });

  test('two different ones are two', () => {
    const both: SiteEvent[] = [
      { type: 'pin', server: 'a', until: 9000 },
      { type: 'pin', server: 'a', until: 8000 },
    ];
    expect(new Site().hear(START, [1000, down('a'), path('a', false), path('b', false), ...both]).log).toEqual([
      '0 drain a 100/0 none',
      '1000 hold pin',
      '1000 hold pin',
      '1000 hold uplink-down',
    ]);
  });
});

describe('two lines about one path: the better value counts', () => {
  const good = path('a', true, { loss: 0.1, rttMs: 80 });
  const bad = path('a', false, { loss: 1, rttMs: 40 });

  test.each([
    ['good first', [good, bad]],
    ['bad first', [bad, good]],
  ])('%s', (_, said) => {
    const [known] = Object.values(new Site().hear(START, [1000, ...said]).state.servers.a?.paths ?? {});
    expect(known).toMatchObject({ alive: true, aliveT: 1000, loss: 0.1, rttMs: 40 });
  });

  test('of the next instant the newer counts', () => {
    const [known] = Object.values(new Site().hear(START, [1000, good], [2000, bad]).state.servers.a?.paths ?? {});
    expect(known).toMatchObject({ alive: false, aliveT: 1000, loss: 1, rttMs: 40 });
  });
});

test.each([[['refused', 'timeout']], [['timeout', 'refused']]])(
  'two reasons for one failure, %j: one failure, and the same words',
  (reasons) => {
    const rules = { intervalMs: 10_000, timeoutMs: 2000, fall: 2, rise: 2 };
    let state = emptyVantage();
    for (const t of [1000, 2000])
      for (const reason of reasons) state = stepVantage(state, rules, { type: 'probe', t, server: 'a', check: 0, ok: false, reason });
    expect(voteOf(state, 'a', { critical: [true] })).toEqual({ vote: 'down', t: 2000, why: 'refused, 2 in a row' });
  },
);
