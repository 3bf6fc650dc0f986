import { describe, expect, test } from 'vitest';
import { down, path, Site, START } from './site-world.ts';

const good = (server: string) => path(server, true, { loss: 0, rttMs: 40 });

/** A site of which a drill has just started, at 10 s. */
function drilled(): Site {
  return new Site()
    .hear(START)
    .report(1000, 9000, good('a'), good('b'))
    .hear([10_000, { type: 'drill' }]);
}

describe('the record of a drill', () => {
  test('passed: what the standby carried, how long the router took, and the staged return', () => {
    const site = drilled().report(12_000, 200_000, good('a'), good('b'));
    expect(site.state.drill).toMatchObject({
      server: 'b',
      from: 'a',
      startedMs: 10_000,
      epoch: 2,
      appliedMs: 12_000,
      endedMs: 70_000,
      result: 'passed',
    });
    expect(site.state.drill?.why).toBe(
      'drill passed: b carried the traffic of a for 60 s, at worst with 0 % loss and 40 ms round trip; the router had switched after 2 s',
    );
    expect(site.log).toEqual([
      '0 drain a 100/0 none',
      '10000 drain b 0/100 drill',
      '70000 drain b 10/90 preempt',
      '130000 drain a 50/50 stage',
      '190000 drain a 100/0 stage',
    ]);
  });

  test('unconfirmed: the router never said that it had switched', () => {
    const site = drilled().hear([40_000, { type: 'poll', applied: 1 }, good('a'), good('b')], [80_000, good('a'), good('b')]);
    expect(site.state.drill).toMatchObject({ appliedMs: null, result: 'unconfirmed' });
  });

  test.each([
    ['more loss', path('b', true, { loss: 0.2, rttMs: 40 }), '20 % loss instead of 0 %'],
    ['a much longer round trip', path('b', true, { loss: 0, rttMs: 500 }), '500 ms round trip instead of 40 ms'],
  ])('rolled back at once, all of it, by drain: %s', (_what, bad, reason) => {
    const site = drilled().report(11_000, 20_000, good('a'), good('b')).report(21_000, 200_000, good('a'), bad);
    expect(site.log.slice(1)).toEqual(['10000 drain b 0/100 drill', '21000 drain a 100/0 drill']);
    expect(site.state.drill).toMatchObject({ result: 'rolled-back', endedMs: 21_000, why: expect.stringContaining(reason) });
  });

  test('a standby that goes down outside ends it too', () => {
    const site = drilled()
      .report(11_000, 20_000, good('a'), good('b'))
      .hear([21_000, down('b')]);
    expect(site.log.at(-1)).toBe('21000 drain a 100/0 drill');
  });

  test('a standby that dies is cut, and that is the result', () => {
    const site = drilled()
      .report(11_000, 20_000, good('a'), good('b'))
      .hear([21_000, path('b', false), good('a')]);
    expect(site.log.at(-1)).toBe('21000 cut a 100/0 path-down');
    expect(site.state.drill).toMatchObject({ result: 'rolled-back' });
  });

  test('a slightly worse standby stays', () => {
    const site = drilled().report(11_000, 69_000, good('a'), path('b', true, { loss: 0.04, rttMs: 120 }));
    expect(site.state.drill).toMatchObject({ result: 'running', worst: { loss: 0.04, rttMs: 120 } });
  });

  test('a pin interrupts it', () => {
    const site = drilled()
      .report(11_000, 20_000, good('a'), good('b'))
      .hear([21_000, { type: 'pin', server: 'a' }]);
    expect(site.log.at(-1)).toBe('21000 drain a 100/0 pin');
    expect(site.state.drill).toMatchObject({ result: 'interrupted', endedMs: 21_000 });
  });

  test('no return to an Active that died meanwhile', () => {
    const site = drilled().report(11_000, 20_000, good('a'), good('b')).report(21_000, 120_000, path('a', false), good('b'));
    expect(site.log.slice(2)).toEqual([]);
    expect(site.state.drill).toMatchObject({ result: 'passed' });
  });
});

test('a refused drill changes nothing and leaves no record', () => {
  const site = new Site().hear(START, [1000, path('b', false), path('a', true)], [2000, { type: 'drill' }]);
  expect(site.log).toEqual(['0 drain a 100/0 none', '2000 hold drill']);
  expect(site.state.drill).toBeNull();
});
