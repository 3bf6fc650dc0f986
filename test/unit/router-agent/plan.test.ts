import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../router-agent/config.ts';
import { chainsOf } from '../../../router-agent/dataplane/chains.ts';
import type { Desired, Link, Observed } from '../../../router-agent/dataplane/model.ts';
import { fingerprintOf, steeringOf, steeringScript, tableScript } from '../../../router-agent/dataplane/nft.ts';
import { expectedFingerprint, readTable } from '../../../router-agent/dataplane/observe-nft.ts';
import { layoutOf, planSteps, planTeardown } from '../../../router-agent/dataplane/plan.ts';
import { policyOf } from '../../../router-agent/dataplane/policy.ts';

const DESIRED: Desired = {
  lanes: [
    { server: 'a', device: 'wg0', mark: 1, table: 201, heartbeat: '10.9.1.1' },
    { server: 'b', device: 'wg1', mark: 2, table: 202, heartbeat: '10.9.2.1' },
  ],
  wans: [],
  endpoints: [],
  lan: ['br-lan'],
  masquerade: true,
  killSwitch: false,
  classes: [],
  resolvers: null,
  carry: { weights: { a: 100, b: 0 }, live: { a: 'a', b: 'b' }, dead: [] },
};

const link = (device: string, address: string, six: string[] = []): Link => ({
  device,
  up: true,
  mtu: 1420,
  pointToPoint: false,
  addresses: { 4: [address], 6: six },
});
const EMPTY: Observed = {
  table: null,
  rules: { 4: [], 6: [] },
  routes: { 4: [], 6: [] },
  links: { wg0: link('wg0', '10.9.1.2'), wg1: link('wg1', '10.9.2.2') },
  gateways: { 4: {}, 6: {} },
  rpFilter: { wg0: 0, wg1: 2 },
  hasIpv6: true,
};

/** What the kernel would show after the steps: rules and routes as `ip` was told, the table as the script has it. */
function afterSteps(observed: Observed, desired: Desired): Observed {
  const next = structuredClone(observed);
  for (const step of planSteps(desired, observed)) {
    if (step.kind === 'nft') {
      const chains = chainsOf(layoutOf(desired, observed));
      next.table = { fingerprint: expectedFingerprint(fingerprintOf(chains), chains), steering: steeringOf(desired) };
    } else if (step.kind === 'sysctl') next.rpFilter = { ...next.rpFilter, [step.path.split('/')[6] ?? '']: Number(step.value) };
    else {
      const [, flag, object, verb, ...words] = step.argv;
      const family = flag === '-6' ? 6 : 4;
      const list = object === 'rule' ? next.rules : next.routes;
      const text = words.slice(0, -2).join(' ');
      const slot = text.replace(/ dev \S+/, ' dev');
      list[family] =
        verb === 'del'
          ? list[family].filter((item) => item !== text)
          : [...list[family].filter((item) => verb === 'add' || item.replace(/ dev \S+/, ' dev') !== slot), text];
    }
  }
  return next;
}

const commands = (desired: Desired, observed: Observed) =>
  planSteps(desired, observed).map((step) => (step.kind === 'command' ? step.argv.join(' ') : step.kind));

describe('the plan', () => {
  test('installs routes and rules before the marks that use them', () => {
    expect(commands(DESIRED, EMPTY)).toEqual([
      'ip -4 route replace unreachable default metric 4000000 table 201 proto 170',
      'ip -4 route replace default dev wg0 table 201 proto 170',
      'ip -4 route replace unreachable default metric 4000000 table 202 proto 170',
      'ip -4 route replace default dev wg1 table 202 proto 170',
      'ip -4 rule add pref 21 from 10.9.1.2 to 10.9.1.1 lookup 201 protocol 170',
      'ip -4 rule add pref 22 from 10.9.2.2 to 10.9.2.1 lookup 202 protocol 170',
      'ip -4 rule add pref 90 lookup main suppress_prefixlength 0 protocol 170',
      'ip -4 rule add pref 155 from 10.9.1.2 lookup 201 protocol 170',
      'ip -4 rule add pref 155 from 10.9.2.2 lookup 202 protocol 170',
      'ip -4 rule add pref 101 fwmark 0x1/0xff lookup 201 protocol 170',
      'ip -4 rule add pref 102 fwmark 0x2/0xff lookup 202 protocol 170',
      'nft',
    ]);
  });

  test('applied once, there is nothing left to do', () => {
    expect(planSteps(DESIRED, afterSteps(EMPTY, DESIRED))).toEqual([]);
  });

  test('a cut is one nft transaction on one line, and nothing else', () => {
    const cut: Desired = { ...DESIRED, carry: { weights: { a: 0, b: 100 }, live: { a: 'b', b: 'b' }, dead: ['a'] } };
    expect(planSteps(cut, afterSteps(EMPTY, DESIRED))).toEqual([
      {
        kind: 'nft',
        why: expect.any(String),
        script: [
          'flush map inet farwatch weights',
          'add element inet farwatch weights { 0-99 : goto via_2 }',
          'flush map inet farwatch live',
          'add element inet farwatch live { 0x1 : goto via_2, 0x2 : goto via_2 }',
          'flush set inet farwatch dead',
          'add element inet farwatch dead { 0x1 }',
        ].join('; '),
      },
    ]);
  });

  test('a drain changes the weights only', () => {
    const drain: Desired = { ...DESIRED, carry: { ...DESIRED.carry, weights: { a: 90, b: 10 } } };
    expect(steeringScript(steeringOf(DESIRED), steeringOf(drain))).toBe(
      'flush map inet farwatch weights; add element inet farwatch weights { 0-89 : goto via_1, 90-99 : goto via_2 }',
    );
  });

  test('a growing share keeps the clients that it has', () => {
    const share = (a: number) => steeringOf({ ...DESIRED, carry: { ...DESIRED.carry, weights: { a, b: 100 - a } } }).weights[0];
    expect([share(10), share(50), share(100)]).toEqual([
      [0, 9, 1],
      [0, 49, 1],
      [0, 99, 1],
    ]);
  });

  test('a strict reverse-path filter is loosened, others are left alone', () => {
    expect(planSteps(DESIRED, { ...EMPTY, rpFilter: { wg0: 1, wg1: 0 } })[0]).toMatchObject({
      kind: 'sysctl',
      path: '/proc/sys/net/ipv4/conf/wg0/rp_filter',
      value: '2',
    });
  });

  test('a device that is missing keeps its last resort: nothing leaks into main', () => {
    const { wg1, ...links } = EMPTY.links;
    const done = afterSteps({ ...EMPTY, links }, DESIRED);
    expect(done.routes[4]).toContain('unreachable default metric 4000000 table 202');
    expect(done.routes[4]).not.toContain('default dev wg1 table 202');
    expect(commands(DESIRED, { ...done, links: { ...links, ...(wg1 === undefined ? {} : { wg1 }) } })).toEqual([
      'ip -4 route replace default dev wg1 table 202 proto 170',
      'ip -4 rule add pref 22 from 10.9.2.2 to 10.9.2.1 lookup 202 protocol 170',
      'ip -4 rule add pref 155 from 10.9.2.2 lookup 202 protocol 170',
      // Its MTU is known now.
      'nft',
    ]);
  });

  test('the kill switch stands first and falls last; local networks stay reachable', () => {
    const closed: Desired = { ...DESIRED, killSwitch: true };
    expect(commands(closed, EMPTY).slice(0, 4)).toEqual([
      'ip -4 rule add pref 90 lookup main suppress_prefixlength 0 protocol 170',
      'ip -4 rule add pref 161 fwmark 0/0x80 iif br-lan unreachable protocol 170',
      'ip -6 rule add pref 90 lookup main suppress_prefixlength 0 protocol 170',
      'ip -6 rule add pref 161 fwmark 0/0x80 iif br-lan unreachable protocol 170',
    ]);
    const done = afterSteps(EMPTY, closed);
    expect(planSteps(closed, done)).toEqual([]);
    const removed = planTeardown(done).map((step) => (step.kind === 'command' ? step.argv.join(' ') : step.kind));
    expect(removed.slice(-2)).toEqual([
      'ip -4 rule del pref 161 fwmark 0/0x80 iif br-lan unreachable protocol 170',
      'ip -6 rule del pref 161 fwmark 0/0x80 iif br-lan unreachable protocol 170',
    ]);
    expect(removed.slice(0, -2).join()).not.toContain('unreachable protocol');
    expect(commands(DESIRED, done)).toEqual([
      'ip -4 rule del pref 161 fwmark 0/0x80 iif br-lan unreachable protocol 170',
      'ip -6 rule del pref 90 lookup main suppress_prefixlength 0 protocol 170',
      'ip -6 rule del pref 161 fwmark 0/0x80 iif br-lan unreachable protocol 170',
    ]);
  });

  test('IPv6 is steered when a tunnel has it; one without refuses it', () => {
    const six = afterSteps({ ...EMPTY, links: { ...EMPTY.links, wg0: link('wg0', '10.9.1.2', ['fd00::2']) } }, DESIRED);
    expect(six.routes[6]).toEqual([
      'unreachable default metric 4000000 table 201',
      'default dev wg0 table 201',
      'unreachable default metric 4000000 table 202',
    ]);
    expect(six.rules[6]).toContain('pref 90 lookup main suppress_prefixlength 0');
    expect(afterSteps(EMPTY, DESIRED).rules[6]).toEqual([]);
  });

  test('a kernel without IPv6 is asked for none', () => {
    expect(commands(DESIRED, { ...EMPTY, hasIpv6: false }).filter((line) => line.includes('-6'))).toEqual([]);
  });

  test('another configuration: new first, old last, a changed device in one step', () => {
    const before = afterSteps(EMPTY, DESIRED);
    const first = DESIRED.lanes[0];
    if (first === undefined) throw new Error('the test needs a lane');
    const one: Desired = { ...DESIRED, lanes: [{ ...first, device: 'wg9' }], carry: { weights: { a: 100 }, live: { a: 'a' }, dead: [] } };
    const observed = { ...before, links: { ...before.links, wg9: link('wg9', '10.9.1.2') } };
    expect(commands(one, observed)).toEqual([
      'ip -4 route replace default dev wg9 table 201 proto 170',
      'nft',
      'ip -4 rule del pref 22 from 10.9.2.2 to 10.9.2.1 lookup 202 protocol 170',
      'ip -4 rule del pref 155 from 10.9.2.2 lookup 202 protocol 170',
      'ip -4 rule del pref 102 fwmark 0x2/0xff lookup 202 protocol 170',
      'ip -4 route del unreachable default metric 4000000 table 202 proto 170',
      'ip -4 route del default dev wg1 table 202 proto 170',
    ]);
    expect(planSteps(one, afterSteps(observed, one))).toEqual([]);
  });

  test('teardown removes all that is ours; then there is nothing', () => {
    const done = afterSteps(EMPTY, DESIRED);
    expect(planTeardown(done)).toHaveLength(1 + done.rules[4].length + done.routes[4].length);
    expect(planTeardown(EMPTY)).toEqual([]);
  });
});

const LAYOUT = layoutOf(DESIRED, EMPTY);

describe('the nft table', () => {
  test('never marks neighbour discovery or local destinations, and keeps the bits of others', () => {
    const script = tableScript(LAYOUT, steeringOf(DESIRED));
    expect(script).toContain('icmpv6 type 133-137 return');
    expect(script).toContain('fib daddr type { local, broadcast, multicast, anycast } return');
    expect(script).toContain('ct mark set ct mark and 0xffffff00 or 0x1');
    expect(script).toMatch(/^table inet farwatch \{ \}\ndelete table inet farwatch\n/);
  });

  test('masquerades only when wanted', () => {
    expect(tableScript({ ...LAYOUT, masquerade: false }, steeringOf(DESIRED))).not.toContain('masquerade');
  });

  test('its fingerprint follows the configuration and not the weights', () => {
    expect(fingerprintOf(chainsOf(LAYOUT))).toBe(fingerprintOf(chainsOf({ ...LAYOUT, masquerade: true })));
    expect(fingerprintOf(chainsOf(LAYOUT))).not.toBe(fingerprintOf(chainsOf({ ...LAYOUT, lan: ['eth0'] })));
  });

  test.each([
    '',
    '{}',
    '{"nftables":[{"map":{"name":"live","elem":[[1,{"accept":null}]]}}]}',
    '{"nftables":[{"map":{"name":"weights","elem":[[[0,9],{"goto":{"target":"elsewhere"}}]]}}]}',
  ])('what cannot be understood is not ours: %s', (json) => expect(readTable(json).fingerprint).toBeNull());
});

describe('what an agent file says of flows', () => {
  const rulesOf = (chain: string, text: string) => {
    const head = 'edge = "https://edge.example"\nsite = "home"\ntoken_file = "t"\nlan = ["br-lan"]\n';
    const tunnels = ['a', 'b'].map(
      (server, index) => `[[tunnel]]\nserver = "${server}"\ndriver = "existing"\ndevice = "wg${index}"\nheartbeat = "10.9.1.1"\n`,
    );
    const parsed = parseConfig(`${head}${text}\n${tunnels.join('')}`, '/etc/farwatch/agent.toml');
    if (!parsed.ok) throw new Error(parsed.problems.join('; '));
    return chainsOf({ ...policyOf(parsed.config), mtus: {} }).find(({ name }) => name === chain)?.rules ?? [];
  };

  test('a class writes its mark into new flows ahead of the weights, in each family that it can mean', () => {
    const rules = rulesOf(
      'lan',
      '[[class]]\nfrom = ["192.168.1.20", "fd00:1::/64"]\nprotocol = "udp"\nports = [5060, "10000-20000"]\nvia = "b"\n[[class]]\nto = ["203.0.113.0/24"]\nvia = "direct"\n[[class]]\nprotocol = "icmp"\nvia = "a"\nfailover = false',
    );
    const unmarked = 'ct state new ct mark and 0xff == 0';
    expect(rules.slice(3, 10)).toEqual([
      `${unmarked} ip saddr { 192.168.1.20 } meta l4proto udp th dport { 5060, 10000-20000 } ct mark set ct mark and 0xffffff00 or 0x2`,
      `${unmarked} ip6 saddr { fd00:1::/64 } meta l4proto udp th dport { 5060, 10000-20000 } ct mark set ct mark and 0xffffff00 or 0x2`,
      `${unmarked} ip daddr { 203.0.113.0/24 } ct mark set ct mark and 0xffffff00 or 0x80`,
      `${unmarked} meta nfproto ipv4 meta l4proto icmp ct mark set ct mark and 0xffffff00 or 0x81`,
      `${unmarked} meta nfproto ipv6 meta l4proto ipv6-icmp ct mark set ct mark and 0xffffff00 or 0x81`,
      'ct mark and 0xff == 0x80 goto hold_0',
      'ct mark and 0xff == 0x81 goto hold_1',
    ]);
  });

  test("the router's own questions are marked where the way is looked up again, and only to the resolvers", () => {
    expect(rulesOf('output', '[dns]\nfollow = true\nresolvers = ["9.9.9.9", "2620:fe::fe"]')).toEqual([
      'ip daddr { 9.9.9.9 } meta l4proto { tcp, udp } th dport { 53, 853 } jump own',
      'ip6 daddr { 2620:fe::fe } meta l4proto { tcp, udp } th dport { 53, 853 } jump own',
    ]);
    expect(rulesOf('output', '[dns]\nfollow = true')).toEqual(['meta l4proto { tcp, udp } th dport { 53, 853 } jump own']);
    expect(rulesOf('output', '')).toEqual([]);
    expect(rulesOf('postrouting', 'masquerade = false')).toEqual([]);
    expect(rulesOf('postrouting', 'masquerade = false\n[dns]\nfollow = true')).toEqual([
      'oifname { "wg0", "wg1" } meta mark and 0xff != 0 fib saddr type local masquerade',
    ]);
  });

  test('TCP is told the size that fits, in both directions and families', () => {
    const forward = chainsOf({ ...LAYOUT, mtus: { wg0: 1420, wg1: 1380 } }).find(({ name }) => name === 'forward')?.rules;
    expect(forward?.slice(1)).toEqual([
      'oifname { "wg0", "wg1" } tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu',
      'iifname { "wg1" } meta nfproto ipv4 tcp flags & (syn | rst) == syn tcp option maxseg size set 1340',
      'iifname { "wg1" } meta nfproto ipv6 tcp flags & (syn | rst) == syn tcp option maxseg size set 1320',
      'iifname { "wg0" } meta nfproto ipv4 tcp flags & (syn | rst) == syn tcp option maxseg size set 1380',
      'iifname { "wg0" } meta nfproto ipv6 tcp flags & (syn | rst) == syn tcp option maxseg size set 1360',
    ]);
  });
});
