import { describe, expect, test } from 'vitest';
import { isKept } from '../../bench/benchmark.ts';
import { figures } from '../../bench/failover/figures.ts';
import { isUp, routerConfig, vpsConfig } from '../../bench/failover/rivals/bird-bfd.ts';
import { scriptConfig } from '../../bench/failover/rivals/keepalived-script.ts';
import { vrrpConfig } from '../../bench/failover/rivals/keepalived-vrrp.ts';
import { trackerScript } from '../../bench/failover/rivals/mwan3-like.ts';
import type { Turn } from '../../bench/failover/turn.ts';

describe('the rivals are configured as the figures say', () => {
  test('keepalived track_script: 1 s, fall 3, the route is its own', () => {
    expect(scriptConfig()).toMatch(/interval 1\n\s+timeout 1\n\s+fall 3\n/);
    expect(scriptConfig()).toContain('default dev wga metric 5 table 100');
  });

  test.each([
    [100, '0.1'],
    [1000, '1'],
  ])('keepalived VRRP, adverts %d ms: both ends, only the router moves a route', (advertMs, seconds) => {
    const [master, backup] = [vrrpConfig('master', advertMs), vrrpConfig('backup', advertMs)];
    for (const config of [master, backup]) expect(config).toContain(`advert_int ${seconds}\n`);
    expect(master).not.toContain('virtual_routes');
    expect(backup).toContain('default dev wgb metric 5 table 100');
  });

  test('BIRD: both ends look as often, and the route follows the session', () => {
    const timing = { intervalMs: 50, multiplier: 3 };
    for (const config of [vpsConfig(timing), routerConfig(timing)])
      expect(config).toMatch(/min rx interval 50 ms;\s+min tx interval 50 ms;\s+multiplier 3;/);
    expect(routerConfig(timing)).toContain('route 0.0.0.0/0 via 10.99.1.1 bfd');
  });

  test.each([
    ['10.99.1.1                wga        Up         21:00:00.000    0.050    0.150', true],
    ['10.99.1.1                wga        Down       21:00:00.000    1.000    0.000', false],
    ['10.99.2.1                wgb        Up         21:00:00.000    0.050    0.150', false],
  ])('a BFD session as birdc shows it: %s', (line, up) => {
    expect(
      isUp(`BIRD 2.0.12 ready.\nbfd1:\nIP address                Interface  State      Since         Interval  Timeout\n${line}\n`),
    ).toBe(up);
  });

  test('the tracker like mwan3’s: 5 s, three failures', () => {
    expect(trackerScript()).toContain('sleep 5');
    expect(trackerScript()).toContain('-ne 3 ]');
  });
});

describe('the figures of a run', () => {
  const names = { farwatch: 'Farwatch', bfd: 'BFD', script: 'script' };
  const turn = (contender: string, udpMs: number, more: Partial<Turn> = {}): Turn => ({
    contender,
    udpMs,
    httpMs: udpMs,
    tcpMs: udpMs,
    downloadMs: udpMs,
    waitedMs: udpMs + 2000,
    ...more,
  });
  const rivals = [turn('BFD', 400), turn('BFD', 480), turn('script', 3400, { downloadMs: null }), turn('script', 3600)];
  const own = (...udpMs: number[]) => udpMs.map((ms) => turn('Farwatch', ms));
  const broken = (turns: Turn[]) => figures(turns, [], names).filter((figure) => !isKept(figure)).length;

  test('promises are kept by what is fast enough, and each is broken by what is not', () => {
    expect(broken([...own(200, 220), ...rivals])).toBe(0);
    expect(broken([...own(200, 501), ...rivals])).toBe(3 + 1);
    expect(broken([...own(1, 501, 1), ...rivals])).toBe(1);
  });

  test('every rival stands beside Farwatch in every measure', () => {
    const beside = figures([...own(200), ...rivals], [], names).filter(({ peer }) => peer !== undefined);
    expect(beside.map(({ peer }) => peer?.name.split(' ')[0])).toEqual([
      'BFD',
      'script',
      'BFD',
      'script',
      'BFD',
      'script',
      'BFD',
      'script',
      'BFD',
      'script',
    ]);
  });

  test('a client that never knew counts with the time that was waited, and is named', () => {
    const download = figures([...own(200), ...rivals], [], names).find(
      ({ what, peer }) => what.includes('download') && peer?.name.startsWith('script'),
    );
    expect(download?.peer).toEqual({ name: 'script (never, in 1 of 2: counted is how long was waited)', value: 4500 });
  });

  test('a failover that came to nothing breaks a promise; that of a rival breaks none', () => {
    const failed = (contender: string) =>
      figures([...own(200), ...rivals], [{ contender, failed: 'waited in vain' }], names).filter((figure) => !isKept(figure)).length;
    expect([failed('Farwatch'), failed('script')]).toEqual([1, 0]);
  });

  test('a contender without a turn is an error, not a figure', () => {
    expect(() => figures([...own(200), turn('BFD', 400)], [], names)).toThrow('nothing was measured of script');
  });
});
