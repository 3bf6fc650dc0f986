import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../router-agent/config.ts';

const GOOD = `
edge = "https://edge.example"
site = "home"
token_file = "token"
state_dir = "/var/lib/farwatch"
lan = ["br-lan"]

[[wan]]
device = "eth1"
mptcp = "backup"

[[tunnel]]
server = "a"
driver = "wireguard"
device = "wg0"
config = "wg0.conf"
heartbeat = "10.9.1.1"

[[tunnel]]
server = "b"
driver = "existing"
device = "tun1"
heartbeat = "10.9.2.1:65500"
table = 77
mark = 9
`;

const problemsOf = (text: string) => {
  const result = parseConfig(text, '/etc/farwatch/agent.toml');
  return result.ok ? [] : result.problems;
};

describe("the agent's file", () => {
  test('gets its defaults, and relative paths are beside it', () => {
    const result = parseConfig(GOOD, '/etc/farwatch/agent.toml');
    expect(result.ok && result.config).toMatchObject({
      token_file: '/etc/farwatch/token',
      log_level: 'info',
      masquerade: true,
      heartbeat: { interval_ms: 200, misses: 3, idle_interval_ms: 10_000 },
      tunnel: [
        { server: 'a', config: '/etc/farwatch/wg0.conf', table: 201, mark: 1 },
        { server: 'b', table: 77, mark: 9 },
      ],
    });
  });

  test('tells every problem at once, with the key, the value and what is right', () => {
    const problems = problemsOf(`
      edge = "ftp://edge"
      site = "Home!"
      state_dir = "/s"
      log_level = "loud"
      colour = "red"
      lan = []
      [heartbeat]
      interval_ms = 5
      [[tunnel]]
      server = "a"
      driver = "wireguard"
      heartbeat = "10.9.0"
      [[tunnel]]
      server = "a"
      driver = "carrier-pigeon"
      device = "a device with a long name"
      heartbeat = "10.9.2.1"
    `);
    const expected = [
      'edge: is "ftp://edge"; right: a URL',
      'site: is "Home!"; right:',
      'token_file: is missing; right:',
      'log_level: is "loud"; right: one of error, warn, info, debug',
      'colour: unknown key',
      'heartbeat.interval_ms: is 5; right: at least 20',
      'tunnel[0].heartbeat: is "10.9.0"; right:',
      'tunnel[0].device: is missing; right:',
      'tunnel[0].config: is missing; right:',
      'tunnel[1].server: is "a", as in tunnel[0]; right: one tunnel a server',
      'tunnel[1].driver: is "carrier-pigeon"; right: one of',
      'tunnel[1].device: is "a device with a long name"; right:',
      'lan: names no device; right:',
    ];
    for (const start of expected)
      expect(
        problems.filter((problem) => problem.startsWith(start)),
        start,
      ).toHaveLength(1);
    expect(problems).toHaveLength(expected.length);
  });

  test.each([
    ['openvpn', '', /config: is missing.*OpenVPN/],
    ['command', 'up = ["tunnel", "up"]', /down: is missing/],
    ['command', 'up = "tunnel up"\ndown = []', /up: is "tunnel up"; right: a list of words.*down: is \[\]; right: a program/],
    ['existing', 'up = ["tunnel"]', /up: is a key of driver "command", and this is "existing"/],
    ['wireguard', 'config = "w"\nmptcp = true', /mptcp: is a key of driver "openvpn"/],
    ['openmptcprouter', '', /mixed with other drivers/],
    ['existing', 'section = "vps"', /section: is a key of driver "openmptcprouter"/],
  ])('driver %s with {%s} is refused', (driver, keys, reason) => {
    expect(problemsOf(GOOD.replace('"existing"', `"${driver}"\n${keys}`)).join()).toMatch(reason);
  });

  test('simulated and real tunnels do not mix', () => {
    expect(problemsOf(GOOD.replace('"existing"', '"simulated"'))).toEqual([expect.stringContaining('mixed')]);
  });

  test.each([
    ['', /edge: is missing/],
    ['edge = ', /is not TOML/],
    ['tunnel = 3', /tunnel: is 3/],
  ])('never throws: %s', (text, reason) => expect(problemsOf(text).join('\n')).toMatch(reason));
});

describe('classes of flows', () => {
  const withClass = (text: string) => problemsOf(`${GOOD}\n[[class]]\n${text}\n`);

  test.each([
    ['from = ["192.168.1.0/24"]\nports = [22, "5000-5100"]\nvia = "a"', []],
    ['via = "a"', ['class[0]: matches everything; right: at least one of from, to, protocol and ports']],
    ['protocol = "tcp"\nvia = "z"', ['class[0].via: is "z", and there is no such tunnel; right: "a" or "b" or "direct"']],
    ['protocol = "icmp"\nports = [1]\nvia = "a"', ['class[0].ports: icmp has no ports; right: protocol = "tcp" or "udp", or no ports']],
    ['from = ["10.0.0.1/8"]\nvia = "a"', [expect.stringContaining('class[0].from[0]: is "10.0.0.1/8"; right: an address or a network')]],
    ['ports = ["90-80"]\nvia = "a"', [expect.stringContaining('class[0].ports[0]: is "90-80"; right: a port, or a range')]],
    ['from = ["10.0.0.0/8"]\nto = ["fd00::/8"]\nvia = "a"', ['class[0]: from and to are of different IP versions, so nothing matches']],
    [
      'from = ["10.0.0.0/8", "10.1.0.0/16"]\nvia = "direct"\nfailover = false',
      [
        'class[0].failover: what takes no tunnel has none to wait for; remove the key',
        'class[0].from: 10.1.0.0/16 and 10.0.0.0/8 overlap; right: only the wider one',
      ],
    ],
  ])('%s', (text, problems) => expect(withClass(text)).toEqual(problems));
});
