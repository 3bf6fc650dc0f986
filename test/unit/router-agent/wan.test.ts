import { describe, expect, test } from 'vitest';
import { chooseDetour, type Outlook } from '../../../router-agent/wan/choice.ts';
import { createFlaps } from '../../../router-agent/wan/flaps.ts';
import { chooseHome, type Lodging } from '../../../router-agent/wan/home.ts';
import { RETURN_S, wanRig } from './wan-rig.ts';

const outlook = (wan: string, change: Partial<Outlook> = {}): Outlook => ({
  wan,
  reached: false,
  tells: true,
  waitMs: 0,
  usable: true,
  ...change,
});

describe('a silent tunnel: is it the WAN?', () => {
  const cases: [string, boolean, Outlook[], ReturnType<typeof chooseDetour>][] = [
    ['the VPS answers by its own WAN: no', false, [outlook('w1', { reached: true }), outlook('w2', { reached: true })], { kind: 'stay' }],
    ['it answers by another: there', false, [outlook('w1'), outlook('w2', { reached: true })], { kind: 'go', wans: ['w2'] }],
    [
      'even if this WAN lives: the way to this VPS may not',
      true,
      [outlook('w1'), outlook('w2', { reached: true })],
      { kind: 'go', wans: ['w2'] },
    ],
    ['nobody answers, this WAN lives: the VPS is dead', true, [outlook('w1'), outlook('w2', { waitMs: 80 })], { kind: 'stay' }],
    ['an answer may still come: wait for it', false, [outlook('w1'), outlook('w2', { waitMs: 80 })], { kind: 'wait', waitMs: 80 }],
    ['all that could answer have not: dead everywhere', false, [outlook('w1'), outlook('w2')], { kind: 'stay' }],
    [
      'a firewall swallows questions: try',
      false,
      [outlook('w1', { tells: false }), outlook('w2', { tells: false })],
      { kind: 'go', wans: ['w2'] },
    ],
    ['a WAN without an address is no way', false, [outlook('w1'), outlook('w2', { tells: false, usable: false })], { kind: 'stay' }],
    [
      'all that answer, the preferred first',
      false,
      [outlook('w0', { reached: true }), outlook('w1'), outlook('w2', { reached: true })],
      { kind: 'go', wans: ['w0', 'w2'] },
    ],
  ];
  test.each(cases)('%s', (_name, sameWanLives, outlooks, expected) => {
    expect(chooseDetour({ current: 'w1', sameWanLives, outlooks })).toEqual(expected);
  });
});

describe('at rest: where should a tunnel be?', () => {
  const lodging = (wan: string, well: boolean | null, wellForMs = 0): Lodging => ({ wan, well, wellForMs, holdMs: 1000 });
  const cases: [string, string, boolean, Lodging[], string | null][] = [
    ['at home already', 'w1', true, [lodging('w1', true), lodging('w2', true, 9000)], null],
    ['the preferred one is back, not for long enough', 'w2', true, [lodging('w1', true, 999), lodging('w2', true)], null],
    ['the preferred one is back', 'w2', true, [lodging('w1', true, 1000), lodging('w2', true)], 'w1'],
    ['this one is known to be dead, although the tunnel still lives', 'w1', true, [lodging('w1', false), lodging('w2', true)], 'w2'],
    ['this one is dead, and so is the other', 'w1', true, [lodging('w1', false), lodging('w2', false)], null],
    ['a dead tunnel on a good WAN: it is the VPS', 'w1', false, [lodging('w1', true), lodging('w2', true)], null],
    ['a dead tunnel: where the VPS answers', 'w1', false, [lodging('w1', false), lodging('w2', true)], 'w2'],
    ['a dead tunnel, and nobody can tell: the next', 'w2', false, [lodging('w1', null), lodging('w2', null)], 'w1'],
  ];
  test.each(cases)('%s', (_name, current, alive, lodgings, expected) => {
    expect(chooseHome(current, alive, lodgings, true)).toBe(expected);
  });

  test('a dead tunnel tries one after the other only when it is time', () => {
    expect(chooseHome('w2', false, [lodging('w1', null), lodging('w2', null)], false)).toBeNull();
  });
});

test('a WAN that comes and goes must be well for longer each time, up to a limit, and is forgiven in time', () => {
  const flaps = createFlaps({ holdMs: 30_000, maxMs: 900_000 });
  flaps.add('w1', 0);
  expect(flaps.holdMs('w1', 0)).toBe(30_000);
  flaps.add('w1', 0);
  flaps.add('w1', 0);
  expect(flaps.holdMs('w1', 0)).toBe(120_000);
  for (let more = 0; more < 20; more += 1) flaps.add('w1', 0);
  expect(flaps.holdMs('w1', 0)).toBe(900_000);
  expect(flaps.holdMs('w1', 3 * 3_600_000)).toBe(30_000);
  expect(flaps.holdMs('w2', 0)).toBe(30_000);
});

/** A rig in operation: all paths are known. */
async function warm() {
  const rig = wanRig();
  await rig.settle(10_000);
  rig.happened.length = 0;
  return rig;
}

describe('two WANs, two VPSs', () => {
  test('a dead WAN: all its tunnels move, nothing is called dead, both within half a second', async () => {
    const rig = await warm();
    rig.world.deadWans.add('wan1');
    await rig.settle(500);
    expect([...rig.happened].sort()).toEqual(['a → wan2', 'b → wan2']);
    expect([rig.alive('a'), rig.alive('b')]).toEqual([true, true]);
  });

  test('a dead WAN on a starved router: what the other WAN answers meanwhile decides, lateness or not', async () => {
    const rig = await warm();
    rig.world.deadWans.add('wan1');
    const faultAt = rig.clock.now();
    while (rig.boundTo('a') === 'wan1' && rig.clock.now() - faultAt < 5000) {
      rig.clock.stall(40);
      await rig.settle(5);
    }
    expect(rig.clock.now() - faultAt).toBeLessThan(1500);
    expect(rig.alive('a')).toBe(true);
  });

  test('a dead VPS: a cut, without a move, as fast as with one WAN', async () => {
    const rig = await warm();
    rig.world.deadServers.add('a');
    await rig.settle(450);
    expect(rig.happened).toEqual(['a dead']);
  });

  test('a dead tunnel on a living VPS: a cut, without a move', async () => {
    const rig = await warm();
    rig.world.deadTunnels.add('a');
    await rig.settle(450);
    expect(rig.happened).toEqual(['a dead']);
    expect(rig.care.paths('a').map(({ alive }) => alive)).toEqual([false, false]);
  });

  test('only the way from one WAN to one VPS is broken: this tunnel alone moves', async () => {
    const rig = await warm();
    rig.world.deadWays.add('wan1 a');
    await rig.settle(500);
    expect(rig.happened).toEqual(['a → wan2']);
  });

  test('firewalls swallow every question outside: the other WAN is tried, and it works', async () => {
    const rig = wanRig();
    rig.world.firewalled.add('a').add('b');
    await rig.settle(10_000);
    rig.happened.length = 0;
    rig.world.deadWans.add('wan1');
    await rig.settle(600);
    expect([...rig.happened].sort()).toEqual(['a → wan2', 'b → wan2']);
    expect(rig.alive('a')).toBe(true);
  });

  test('firewalls, and the VPS is dead: a cut as ever, because another tunnel lives by the same WAN', async () => {
    const rig = wanRig();
    rig.world.firewalled.add('a').add('b');
    await rig.settle(10_000);
    rig.happened.length = 0;
    rig.world.deadServers.add('a');
    await rig.settle(450);
    expect(rig.happened).toEqual(['a dead']);
  });

  test('both WANs dead: all is dead, in one turn; the first that returns is used, whichever it is', async () => {
    const rig = await warm();
    rig.world.deadWans.add('wan1').add('wan2');
    await rig.settle(3000);
    expect(rig.happened.filter((what) => what.endsWith('dead'))).toEqual(['a dead', 'b dead']);
    rig.world.deadWans.delete('wan2');
    await rig.settle(5000);
    expect([rig.boundTo('a'), rig.boundTo('b'), rig.alive('a'), rig.alive('b')]).toEqual(['wan2', 'wan2', true, true]);
  });

  test('the preferred WAN returns: tunnels follow when it has been well for a while, those without traffic first', async () => {
    const rig = await warm();
    rig.world.deadWans.add('wan1');
    await rig.settle(5000);
    rig.world.deadWans.delete('wan1');
    rig.happened.length = 0;
    await rig.settle(RETURN_S * 1000);
    expect(rig.happened).toEqual([]);
    await rig.settle(5000);
    expect(rig.happened).toEqual(['b → wan1', 'a → wan1']);
  });

  test('a flapping WAN is left each time and returned to later each time', async () => {
    const rig = await warm();
    for (let flap = 0; flap < 3; flap += 1) {
      rig.world.deadWans.add('wan1');
      await rig.settle(3000);
      rig.world.deadWans.delete('wan1');
      await rig.settle(RETURN_S * 1000 + 5000);
    }
    const returns = rig.happened.filter((what) => what === 'a → wan1').length;
    expect(returns).toBeLessThan(3);
    expect(rig.happened).not.toContain('a dead');
  });

  test('an interface that is gone: as fast, and nobody waits for answers that cannot come', async () => {
    const rig = await warm();
    rig.world.unplugged.add('wan1');
    await rig.settle(500);
    expect([rig.boundTo('a'), rig.boundTo('b'), rig.alive('a')]).toEqual(['wan2', 'wan2', true]);
    expect(rig.care.paths('a')).toMatchObject([
      { wan: 'wan1', alive: false, bound: false },
      { wan: 'wan2', alive: true, bound: true },
    ]);
  });

  test('a WAN with a new address: rules, routes and the way to the edge follow within a second, nothing is moved', async () => {
    const rig = await warm();
    const ways = rig.ways();
    expect(rig.care.waysOut()).toEqual([
      { name: 'wan1', localAddress: '192.0.2.1' },
      { name: 'wan2', localAddress: '192.0.2.2' },
    ]);
    rig.world.renumbered.add('wan1');
    await rig.settle(1100);
    expect(rig.lost).toEqual(['wan1']);
    expect(rig.forgotten).toEqual(['wan1']);
    expect(rig.ways()).toBe(ways + 1);
    expect(rig.care.waysOut()[0]).toEqual({ name: 'wan1', localAddress: '198.51.100.1' });
    expect(rig.happened).toEqual([]);
  });

  test('the edge is asked by no WAN that is dead or without an address', async () => {
    const rig = await warm();
    rig.world.deadWans.add('wan1');
    await rig.settle(2000);
    expect(rig.care.waysOut().map(({ name }) => name)).toEqual(['wan2']);
    rig.world.unplugged.add('wan2');
    await rig.settle(2000);
    expect(rig.care.waysOut()).toEqual([]);
  });

  test('a returned WAN that answers outside but not for the tunnel: the standby finds out, the tunnel with traffic never leaves', async () => {
    const rig = await warm();
    rig.world.deadWans.add('wan1');
    await rig.settle(5000);
    rig.world.deadWans.delete('wan1');
    await rig.settle(RETURN_S * 1000 - 2000);
    rig.happened.length = 0;
    // The VPS's WireGuard cannot be reached by wan1; its other ports can.
    rig.blockTunnels('wan1');
    await rig.settle(20_000);
    expect(rig.happened).toEqual(['b → wan1', 'b → wan2']);
    expect([rig.alive('a'), rig.alive('b')]).toEqual([true, true]);
  });
});
