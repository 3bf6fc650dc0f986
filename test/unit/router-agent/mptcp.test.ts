import { describe, expect, test } from 'vitest';
import { createLog } from '../../../router-agent/log.ts';
import { createMptcpCare } from '../../../router-agent/mptcp/care.ts';
import { readMptcpCounters } from '../../../router-agent/mptcp/counters.ts';
import { type Limits, type MptcpWan, planMptcp, planMptcpTeardown, wantedEndpoints } from '../../../router-agent/mptcp/plan.ts';
import { readSubflows } from '../../../router-agent/mptcp/subflows.ts';
import { tellMptcp } from '../../../router-agent/mptcp/told.ts';
import type { RunResult } from '../../../router-agent/runner.ts';
import { fakeOs } from './fake-os.ts';

const wan = (device: string, role: MptcpWan['role'], alive: boolean | null = null): MptcpWan => ({
  device,
  role,
  alive,
  addresses: [`10.${device.at(-1)}.0.2`],
});
const DEFAULTS: Limits = { subflows: 2, addAddrAccepted: 0 };
const RAISED: Limits = { subflows: 8, addAddrAccepted: 8 };
/** Of a subflow, as `ss` says it. */
const FLAGS = 'tcp-ulp-mptcp flags:Mmec token:1(id:0)/2(id:0)';
const linesOf = (steps: ReturnType<typeof planMptcp>) =>
  steps.map((step) => (step.kind === 'command' ? step.argv.slice(2).join(' ') : step.kind));

describe('who is a backup', () => {
  test.each<[string, [MptcpWan['role'], boolean | null][], string]>([
    [
      'by its role',
      [
        ['subflow', true],
        ['backup', true],
      ],
      '-b',
    ],
    [
      'nobody known dead',
      [
        ['subflow', null],
        ['subflow', null],
      ],
      '--',
    ],
    [
      'a dead WAN while another lives',
      [
        ['subflow', false],
        ['subflow', true],
      ],
      'b-',
    ],
    [
      'a living backup is promoted when nothing else lives',
      [
        ['subflow', false],
        ['backup', true],
      ],
      'b-',
    ],
    [
      'everything dead: as the roles say, for moving helps nobody',
      [
        ['subflow', false],
        ['backup', false],
      ],
      '-b',
    ],
    [
      'a dead backup',
      [
        ['subflow', true],
        ['backup', false],
      ],
      '-b',
    ],
    [
      'off is no endpoint',
      [
        ['off', true],
        ['subflow', true],
      ],
      '-',
    ],
  ])('%s', (_, wans, flags) => {
    const endpoints = wantedEndpoints(wans.map(([role, alive], index) => wan(`wan${index + 1}`, role, alive)));
    expect(endpoints.map(({ backup }) => (backup ? 'b' : '-')).join('')).toBe(flags);
  });
});

describe('the plan', () => {
  const wans = [wan('wan1', 'subflow'), wan('wan2', 'backup')];
  const endpoints = wantedEndpoints(wans);

  test('raises the limits, then adds an endpoint a WAN, with ids of our range', () => {
    expect(linesOf(planMptcp(wans, { endpoints: [], limits: DEFAULTS, staleLossCount: 1 }))).toEqual([
      'limits set subflows 8 add_addr_accepted 8',
      'endpoint add 10.1.0.2 dev wan1 id 201 subflow',
      'endpoint add 10.2.0.2 dev wan2 id 203 subflow backup',
    ]);
  });

  test('is empty when the kernel does it already', () =>
    expect(planMptcp(wans, { endpoints, limits: RAISED, staleLossCount: 1 })).toEqual([]));

  test('only changes the flag of a WAN that died: its subflows stay', () => {
    const dead = [wan('wan1', 'subflow', false), wan('wan2', 'backup', true)];
    expect(linesOf(planMptcp(dead, { endpoints, limits: RAISED, staleLossCount: 1 }))).toEqual([
      'endpoint change id 201 backup',
      'endpoint change id 203 nobackup',
    ]);
  });

  test('a new address takes the place of the old one', () => {
    const moved = [{ ...wans[0], addresses: ['10.1.0.77'] } as MptcpWan, wans[1] as MptcpWan];
    expect(linesOf(planMptcp(moved, { endpoints, limits: RAISED, staleLossCount: 1 }))).toEqual([
      'endpoint delete id 201',
      'endpoint add 10.1.0.77 dev wan1 id 201 subflow',
    ]);
  });

  test("never touches others' endpoints, nor an address that one of them has", () => {
    const theirs = { id: 1, address: '10.1.0.2', device: 'wan1', backup: true };
    expect(linesOf(planMptcp(wans, { endpoints: [theirs], limits: RAISED, staleLossCount: 1 }))).toEqual([
      'endpoint add 10.2.0.2 dev wan2 id 203 subflow backup',
    ]);
    expect(linesOf(planMptcpTeardown({ endpoints: [theirs, ...endpoints.slice(1)], limits: RAISED, staleLossCount: 1 }, DEFAULTS))).toEqual(
      ['endpoint delete id 203', 'limits set subflows 2 add_addr_accepted 0'],
    );
  });

  test('teardown leaves limits alone that somebody changed since', () => {
    expect(planMptcpTeardown({ endpoints: [], limits: { subflows: 4, addAddrAccepted: 4 }, staleLossCount: 1 }, DEFAULTS)).toEqual([]);
    expect(planMptcpTeardown({ endpoints: [], limits: RAISED, staleLossCount: 1 }, null)).toEqual([]);
  });
});

describe('the care', () => {
  function machine() {
    const kernel = { limits: 'add_addr_accepted 0 subflows 2 ', endpoints: [] as object[] };
    const os = fakeOs((line): Partial<RunResult> | undefined => {
      if (line === 'ip -j mptcp endpoint show') return { stdout: JSON.stringify(kernel.endpoints) };
      if (line.startsWith('ss ')) return { stdout: [1, 2].map((n) => `0 0 10.${n}.0.2:4000 10.9.0.1:443 retrans:0/3 ${FLAGS}`).join('\n') };
      if (line === 'ip mptcp limits show') return { stdout: kernel.limits };
      if (!line.endsWith('addr show')) return undefined;
      const links = [1, 2].map((n) => {
        const addresses = [
          { local: 'fe80::1', prefixlen: 64 },
          { local: `10.${n}.0.2`, prefixlen: 24 },
        ];
        return { ifname: `wan${n}`, flags: ['UP'], mtu: 1500, addr_info: addresses };
      });
      return { stdout: JSON.stringify(links) };
    });
    const remembered: Limits[] = [];
    const settings: string[] = [];
    os.files['/proc/sys/net/mptcp/stale_loss_cnt'] = '4';
    const log = createLog('error', { journald: false, write: () => undefined });
    const care = (role: MptcpWan['role']) =>
      createMptcpCare({
        wans: [
          { device: 'wan1', mptcp: role },
          { device: 'wan2', mptcp: role },
        ],
        os,
        log,
        rememberLimits: (limits) => remembered.push(limits),
        rememberSetting: (path, old) => settings.push(`${path}: ${old}`),
      });
    return { os, kernel, remembered, settings, care };
  }

  test('remembers the limits from before it, and follows the life of a WAN', async () => {
    const { os, kernel, remembered, settings, care } = machine();
    const one = care('subflow');
    await one.reconcile();
    expect(remembered).toEqual([DEFAULTS]);
    expect(settings).toEqual(['/proc/sys/net/mptcp/stale_loss_cnt: 4']);
    expect(os.files['/proc/sys/net/mptcp/stale_loss_cnt']).toBe('1');
    expect(os.changes).toHaveLength(3);
    kernel.limits = 'subflows 8 add_addr_accepted 8';
    kernel.endpoints = [201, 203].map((id, index) => ({ id, address: `10.${index + 1}.0.2`, dev: `wan${index + 1}`, subflow: true }));
    os.changes.length = 0;
    await one.reconcile();
    expect(os.changes).toEqual([]);
    expect(one.told()).toEqual(['wan1', 'wan2'].map((device) => ({ wan: device, backup: false, subflows: 1, retransmissions: 3 })));
    await one.wanChanged('wan1', false);
    await one.wanChanged('wan1', false);
    expect(os.changes).toEqual(['ip mptcp endpoint change id 201 backup']);
    expect(one.told()?.map(({ wan: name, backup }) => [name, backup])).toEqual([
      ['wan1', true],
      ['wan2', false],
    ]);
  });

  test('without a role it changes nothing, and removes what an earlier configuration left', async () => {
    const { os, kernel, care } = machine();
    await care('off').reconcile();
    expect(care('off').told()).toBeUndefined();
    expect(os.changes).toEqual([]);
    kernel.endpoints = [
      { id: 201, address: '10.1.0.2', dev: 'wan1' },
      { id: 1, address: '10.2.0.2' },
    ];
    await care('off').reconcile();
    expect(os.changes).toEqual(['ip mptcp endpoint delete id 201']);
  });
});

test('counters come by their names, wherever they stand', () => {
  const os = fakeOs(() => undefined);
  expect(readMptcpCounters(os)).toBeNull();
  os.files['/proc/self/net/netstat'] =
    'TcpExt: SyncookiesSent\nTcpExt: 1\nMPTcpExt: MPTCPRetrans X SubflowStale SubflowRecover MPCurrEstab\nMPTcpExt: 5 9 2 1 3';
  expect(readMptcpCounters(os)).toEqual({ connections: 3, retransmissions: 5, stale: 2, recovered: 1 });
});

test('subflows are those of our WANs, with their state, as `ss` of iproute2 6 says it', async () => {
  const tail = 'tcp-ulp-mptcp flags';
  const lines = [
    `0 0 10.1.0.2:39758 203.0.113.1:443 bbr rto:204 rtt:0.017/0.008 ato:40 ${tail}:Mmec token:0000(id:0)/8b8e829d(id:0)`,
    `0 9 10.2.0.2%wan2:44311 203.0.113.1:443 bbr rtt:41.5/5 retrans:1/7 ${tail}:Jjbec token:24a3d88(id:0)/8b8e829d(id:1)`,
    `0 0 [2001:db8::2]:4000 [2001:db8::1]:443 cubic ${tail}:JjBec token:1(id:0)/2(id:1)`,
    '0 0 10.1.0.2:22 10.1.0.9:5000 cubic rtt:1/1 retrans:0/3',
    `0 0 10.9.9.9:39758 203.0.113.1:443 bbr rtt:1/1 ${tail}:Mmec token:1(id:0)/2(id:0)`,
  ];
  const endpoints = [
    ['10.1.0.2', 'wan1'],
    ['10.2.0.2', 'wan2'],
    ['2001:db8::2', 'wan1'],
  ].map(([address = '', device = ''], id) => ({ id, address, device, backup: false }));
  expect(
    await readSubflows(
      fakeOs(() => ({ stdout: lines.join('\n') })),
      endpoints,
    ),
  ).toEqual([
    { device: 'wan1', peer: '203.0.113.1:443', backup: false, rttMs: 0.017, retransmissions: 0 },
    { device: 'wan2', peer: '203.0.113.1:443', backup: true, rttMs: 41.5, retransmissions: 7 },
    { device: 'wan1', peer: '[2001:db8::1]:443', backup: true, rttMs: null, retransmissions: 0 },
  ]);
  expect(
    await readSubflows(
      fakeOs(() => ({ code: 127 })),
      endpoints,
    ),
  ).toBeNull();
});

test('the edge is told a WAN once, with all its addresses, and nothing that nobody knows', () => {
  const of = (device: string, backup: boolean, id: number) => ({ id, address: `10.0.0.${id}`, device, backup });
  const endpoints = [of('wan1', true, 1), of('wan1', true, 2), of('wan2', true, 3), of('wan2', false, 4)];
  const subflow = (device: string, retransmissions: number) => ({ device, peer: 'x:1', backup: false, rttMs: 1, retransmissions });
  expect(tellMptcp(endpoints, [subflow('wan2', 2), subflow('wan2', 3)])).toEqual([
    { wan: 'wan1', backup: true, subflows: 0, retransmissions: 0 },
    { wan: 'wan2', backup: false, subflows: 2, retransmissions: 5 },
  ]);
  expect(tellMptcp(endpoints, null)).toBeUndefined();
  expect(tellMptcp([], [])).toBeUndefined();
});
