import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../router-agent/config.ts';
import { createLines, wanLanesOf } from '../../../router-agent/dataplane/lines.ts';
import type { Desired, Link, Observed } from '../../../router-agent/dataplane/model.ts';
import { planSteps } from '../../../router-agent/dataplane/plan.ts';
import { wanRoutes, wanRules } from '../../../router-agent/dataplane/wan-plan.ts';
import { wireguard } from '../../../router-agent/drivers/wireguard.ts';
import { createLog } from '../../../router-agent/log.ts';
import { fakeOs } from './fake-os.ts';
import { wgDump } from './wg-dump.ts';

const FILE = `edge = "https://edge.example"
site = "home"
token_file = "token"
lan = ["br-lan"]
[[wan]]
device = "wan1"
gateway = "192.0.2.1"
[[wan]]
device = "wan2"
[[tunnel]]
server = "a"
driver = "wireguard"
device = "wg0"
config = "wg0.conf"
heartbeat = "10.9.1.1"
`;

function config(text = FILE) {
  const parsed = parseConfig(text, '/etc/farwatch/agent.toml');
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.config;
}

const problemsOf = (text: string) => {
  const parsed = parseConfig(text, '/etc/farwatch/agent.toml');
  return parsed.ok ? [] : parsed.problems;
};

const link = (device: string, four: string[], six: string[] = [], change: Partial<Link> = {}): Link => ({
  device,
  up: true,
  mtu: 1500,
  pointToPoint: false,
  addresses: { 4: four, 6: six },
  ...change,
});

const DESIRED: Desired = {
  lanes: [{ server: 'a', device: 'wg0', mark: 1, table: 201, heartbeat: '10.9.1.1' }],
  wans: wanLanesOf(config()),
  endpoints: ['203.0.113.9', '2001:db8::9'],
  lan: ['br-lan'],
  masquerade: true,
  killSwitch: false,
  classes: [],
  resolvers: null,
  carry: { weights: { a: 100 }, live: { a: 'a' }, dead: [] },
};

const OBSERVED: Observed = {
  table: null,
  rules: { 4: [], 6: [] },
  routes: { 4: [], 6: [] },
  links: {
    wg0: link('wg0', ['10.9.1.2']),
    wan1: link('wan1', ['192.0.2.7']),
    wan2: link('wan2', ['198.51.100.7'], ['2001:db8:2::7']),
  },
  gateways: { 4: { wan2: '198.51.100.1' }, 6: { wan2: 'fe80::1' } },
  rpFilter: {},
  hasIpv6: true,
};

describe('a table for each WAN', () => {
  test('is filled by steps that stand alone: a gateway that is wrong holds up nothing else', () => {
    const routes = planSteps(DESIRED, OBSERVED).filter((step) => step.why.startsWith('missing: ') && step.why.includes(' table '));
    const alone = routes.filter((step) => step.kind === 'command' && step.alone === true).map(({ why }) => why);
    expect(alone).toEqual(routes.map(({ why }) => why).filter((why) => / table 18[12]$/.test(why)));
    expect(alone.length).toBeGreaterThan(1);
    expect(alone.length).toBeLessThan(routes.length);
  });

  test("has the file's gateway, or the one that the main table knows, in both families", () => {
    expect(wanRoutes(DESIRED, OBSERVED, 4)).toEqual([
      'unreachable default metric 4000000 table 180',
      'default via 192.0.2.1 dev wan1 table 181',
      'default via 198.51.100.1 dev wan2 table 182',
    ]);
    expect(wanRoutes(DESIRED, OBSERVED, 6)).toEqual([
      'unreachable default metric 4000000 table 180',
      'default via fe80::1 dev wan2 table 182',
    ]);
  });

  test('keeps the gateway that the main table has lost, as long as the device has an address', () => {
    const kept = { 4: ['default via 198.51.100.1 dev wan2 table 182'], 6: [] };
    const lost = { ...OBSERVED, gateways: { 4: {}, 6: {} }, routes: kept };
    expect(wanRoutes(DESIRED, lost, 4)).toContain('default via 198.51.100.1 dev wan2 table 182');
    const gone = { ...lost, links: { ...lost.links, wan2: link('wan2', []) } };
    expect(wanRoutes(DESIRED, gone, 4)).not.toContain('default via 198.51.100.1 dev wan2 table 182');
  });

  test('is empty while the device is down, and needs no gateway on a point-to-point line', () => {
    const links = { ...OBSERVED.links, wan1: link('wan1', ['192.0.2.7'], [], { up: false }) };
    expect(wanRoutes(DESIRED, { ...OBSERVED, links }, 4).join()).not.toContain('wan1');
    const ppp = {
      ...OBSERVED,
      gateways: { 4: {}, 6: {} },
      links: { ...OBSERVED.links, wan2: link('wan2', ['198.51.100.7'], [], { pointToPoint: true }) },
    };
    expect(wanRoutes(DESIRED, ppp, 4)).toContain('default dev wan2 table 182');
  });

  test('tunnels come to it by mark, probes by their address and else nowhere, before the main table', () => {
    expect(wanRules(DESIRED, OBSERVED, 4)).toEqual([
      'pref 71 fwmark 0x78/0xff lookup 181',
      'pref 72 fwmark 0x79/0xff lookup 182',
      'pref 80 from 192.0.2.7 to 203.0.113.9 lookup 181',
      'pref 80 from 198.51.100.7 to 203.0.113.9 lookup 182',
      'pref 81 from 192.0.2.7 to 203.0.113.9 lookup 180',
      'pref 81 from 198.51.100.7 to 203.0.113.9 lookup 180',
    ]);
    expect(wanRules(DESIRED, OBSERVED, 6)).toContain('pref 80 from 2001:db8:2::7 to 2001:db8::9 lookup 182');
  });

  test('a new address of a WAN: its rules follow, the old ones go last', () => {
    const before = { ...OBSERVED, rules: { 4: ['pref 155 from 192.0.2.6 lookup 181'], 6: [] } };
    const steps = planSteps(DESIRED, before).map((step) => (step.kind === 'command' ? step.argv.join(' ') : step.kind));
    expect(steps).toContain('ip -4 rule add pref 155 from 192.0.2.7 lookup 181 protocol 170');
    expect(steps.at(-1)).toBe('ip -4 rule del pref 155 from 192.0.2.6 lookup 181 protocol 170');
  });
});

describe('the WAN of a WireGuard tunnel', () => {
  /** A machine whose `wg0` has this mark. */
  function rig(mark: string) {
    let now = mark;
    const os = fakeOs((line) => {
      if (line === 'wg show wg0 dump') return { stdout: wgDump({ mark: now, peers: [{ endpoint: '[2001:db8::9]:51820' }] }) };
      const set = /^wg set wg0 fwmark (\S+)$/.exec(line)?.[1];
      if (set !== undefined) now = set;
      return undefined;
    });
    const log = createLog('error', { journald: false, write: () => undefined });
    return { os, lines: createLines({ config: config(), os, log, driverOf: () => wireguard }) };
  }

  test('is the first at the start, and nobody is moved by a restart', async () => {
    const fresh = rig('off');
    await fresh.lines.refresh();
    expect([fresh.lines.boundTo('a'), fresh.os.changes]).toEqual(['wan1', ['wg set wg0 fwmark 0x78']]);
    const adopted = rig('0x79');
    await adopted.lines.refresh();
    expect([adopted.lines.boundTo('a'), adopted.os.changes]).toEqual(['wan2', []]);
  });

  test('is set by one command, known at once, and repaired when others change it', async () => {
    const { os, lines } = rig('0x78');
    await lines.refresh();
    expect(await lines.bind('a', 'wan2')).toMatchObject({ ok: true });
    expect(lines.boundTo('a')).toBe('wan2');
    await os.change(['wg', 'set', 'wg0', 'fwmark', '0x0']);
    await lines.refresh();
    expect(os.changes).toEqual(['wg set wg0 fwmark 0x79', 'wg set wg0 fwmark 0x0', 'wg set wg0 fwmark 0x79']);
  });

  test("tells the VPS's address outside", async () => {
    const { lines } = rig('off');
    await lines.refresh();
    expect(lines.endpointOf('a')).toBe('2001:db8::9');
  });

  test("teardown takes our mark from a device that is not ours, and leaves somebody else's", async () => {
    const tunnel = config().tunnel[0];
    if (tunnel === undefined) throw new Error('the file has a tunnel');
    const device = (mark: string) =>
      fakeOs((line) => {
        if (line.startsWith('ip -j')) return { stdout: JSON.stringify([{ ifname: 'wg0', flags: ['UP'], mtu: 1420, addr_info: [] }]) };
        return line === 'wg show wg0 dump' ? { stdout: wgDump({ mark }) } : undefined;
      });
    const ours = device('0x79');
    await wireguard.down(tunnel, ours);
    expect(ours.changes).toEqual(['wg set wg0 fwmark 0x0']);
    const theirs = device('0xca6c');
    await wireguard.down(tunnel, theirs);
    expect(theirs.changes).toEqual([]);
  });
});

describe('the configuration of WANs', () => {
  test('a WAN twice, a tunnel on a WAN, numbers of WANs taken by tunnels: all are said at once', () => {
    const twice = FILE.replace('device = "wan2"', 'device = "wan1"').replace('device = "wg0"', 'device = "wan1"\ntable = 181\nmark = 120');
    expect(problemsOf(twice)).toEqual([
      'wan[1].device: is "wan1", as in wan[0]; right: one [[wan]] a device',
      'tunnel[0].device: is "wan1", which is a WAN too',
      "tunnel[0].table: is 181; right: not 180 to 188, which are the WANs'",
      "tunnel[0].mark: is 120; right: not 120 to 127, which are the WANs'",
    ]);
  });

  test('without WANs the numbers are free', () => {
    const none = FILE.replace(/\[\[wan\]\]\n(device|gateway).*\n((device|gateway).*\n)?/g, '').replace(
      'device = "wg0"',
      'device = "wg0"\ntable = 181',
    );
    expect(problemsOf(none)).toEqual([]);
  });
});
