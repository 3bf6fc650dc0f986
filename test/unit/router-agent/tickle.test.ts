import { describe, expect, test } from 'vitest';
import { addressBytes } from '../../../router-agent/address-bytes.ts';
import { parseFlows } from '../../../router-agent/dataplane/conntrack.ts';
import { sayFarewell } from '../../../router-agent/dataplane/farewell.ts';
import { ensureTickleDevice } from '../../../router-agent/dataplane/tickle-device.ts';
import { checksum, type TcpFlow, tickleDatagram, tickleSegment } from '../../../router-agent/dataplane/tickle-packet.ts';
import { createLog } from '../../../router-agent/log.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';

const FOUR: TcpFlow = { client: '192.168.50.2', clientPort: 45_087, server: '198.51.100.9', serverPort: 443 };
const SIX: TcpFlow = { client: 'fd07::2', clientPort: 5555, server: '2001:db8:0:1::9', serverPort: 443 };
const hexOf = (bytes: Buffer) => bytes.toString('hex');

/** What a receiver does: the sum over everything, the checksum included, is zero (as its complement). */
function sumsUp(from: Buffer, to: Buffer, tcp: Buffer): boolean {
  const pseudo = from.length === 16 ? Buffer.from([0, 0, 0, tcp.length, 0, 0, 0, 6]) : Buffer.from([0, 6, 0, tcp.length]);
  return checksum([from, to, pseudo, tcp]) === 0;
}

describe('the tickle segment', () => {
  test('IPv4: from the server to the client, a bare ACK of nothing, with right checksums', () => {
    const bytes = tickleSegment(FOUR);
    const [ip, tcp] = [bytes.subarray(0, 20), bytes.subarray(20)];
    expect(hexOf(ip.subarray(0, 10))).toBe('45000028000000004006');
    expect(hexOf(ip.subarray(12))).toBe(`c6336409${'c0a83202'}`);
    expect(checksum([ip])).toBe(0);
    expect(hexOf(tcp.subarray(0, 16))).toBe('01bbb01f00000000000000005010' + '0000');
    expect(sumsUp(ip.subarray(12, 16), ip.subarray(16, 20), tcp)).toBe(true);
  });

  test('IPv6: the same', () => {
    const bytes = tickleSegment(SIX);
    const [ip, tcp] = [bytes.subarray(0, 40), bytes.subarray(40)];
    expect(hexOf(ip)).toBe(`6000000000140640${'20010db8000000010000000000000009'}${'fd070000000000000000000000000002'}`);
    expect(hexOf(tcp.subarray(0, 14))).toBe('01bb15b3' + '00000000' + '00000000' + '5010');
    expect(sumsUp(ip.subarray(8, 24), ip.subarray(24, 40), tcp)).toBe(true);
  });

  test('a checksum that was computed elsewhere (RFC 1071, 3)', () => {
    expect(checksum([Buffer.from('0001f203f4f5f6f7', 'hex')])).toBe(~0xddf2 & 0xffff);
  });

  test('wrapped for the device: VXLAN with our number, Ethernet to its address, then the segment', () => {
    expect(hexOf(tickleDatagram(FOUR).subarray(0, 22))).toBe('0800000000fa570002fa5700000102fa570000020800');
    expect(hexOf(tickleDatagram(SIX).subarray(20, 22))).toBe('86dd');
    expect(tickleDatagram(FOUR).subarray(22)).toEqual(tickleSegment(FOUR));
  });

  test.each([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['10.0.0.255', '0a0000ff'],
  ])('%s on the wire', (address, bytes) => expect(hexOf(addressBytes(address))).toBe(bytes));
});

const LIST = `tcp      6 431997 ESTABLISHED src=192.168.50.2 dst=198.51.100.9 sport=45087 dport=443 src=198.51.100.9 dst=10.99.1.2 sport=443 dport=45087 [ASSURED] mark=1 use=1
tcp      6 116 TIME_WAIT src=192.168.50.2 dst=198.51.100.9 sport=39592 dport=80 src=198.51.100.9 dst=10.99.1.2 sport=80 dport=39592 [ASSURED] mark=1 use=1
tcp      6 299 CLOSE_WAIT src=fd07::2 dst=2001:db8::9 sport=1 dport=2 src=2001:db8::9 dst=fd07::2 sport=2 dport=1 [ASSURED] mark=1 use=1
tcp      6 117 SYN_SENT src=192.168.50.2 dst=198.51.100.9 sport=43377 dport=7 [UNREPLIED] src=198.51.100.9 dst=10.99.1.2 sport=7 dport=43377 mark=1 use=1
`;

test('open connections are read from the list of conntrack, as their clients see them', () => {
  expect(parseFlows(LIST)).toEqual([FOUR, { client: 'fd07::2', clientPort: 1, server: '2001:db8::9', serverPort: 2 }]);
  expect(parseFlows('')).toEqual([]);
});

describe('the farewell of a dead path', () => {
  /** Lets what is under way come to rest at each millisecond. */
  async function pass(clock: ReturnType<typeof fakeClock>, ms: number): Promise<void> {
    for (let step = 0; step < ms; step++) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      clock.advance(1);
    }
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  function rig(flows: number, { port = true } = {}) {
    const clock = fakeClock();
    const sent: { at: number; bytes: Buffer }[] = [];
    const facts = { dead: true, open: flows };
    const one = (index: number) =>
      `tcp      6 99 ESTABLISHED src=192.168.50.2 dst=1.1.1.1 sport=${index + 1} dport=80 src=x dst=y [ASSURED] mark=1`;
    const os = fakeOs((line) =>
      line.includes('-L') ? { stdout: `${Array.from({ length: facts.open }, (_, index) => one(index)).join('\n')}\n` } : {},
    );
    const done = sayFarewell(
      {
        os,
        clock,
        log: createLog('error', { journald: false, write: () => undefined }),
        port: () => (port ? { send: (bytes) => sent.push({ at: clock.now(), bytes }), close: () => undefined } : null),
        isDead: () => facts.dead,
      },
      [1],
      [4],
    );
    return { clock, os, sent, facts, done };
  }

  test('tickles everybody, paced: 100 each 5 ms', async () => {
    const { clock, sent, facts } = rig(1000);
    await pass(clock, 100);
    facts.open = 0;
    expect(sent).toHaveLength(1000);
    const times = [...new Set(sent.map(({ at }) => at))];
    expect(times).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
    expect(sent.filter(({ at }) => at === 0)).toHaveLength(100);
  });

  test('those who did not hear it twice more, not within half a second; then all is forgotten, exactly of this mark', async () => {
    const { clock, os, sent, done } = rig(1);
    await pass(clock, 3100);
    await done;
    expect(sent.map(({ at }) => at)).toEqual([0, 600, 1500]);
    expect(os.changes).toEqual([
      'conntrack -D -f ipv4 -p udp --mark 0x1/0xff',
      'conntrack -D -f ipv4 -p icmp --mark 0x1/0xff',
      'conntrack -D -f ipv4 -p tcp --state SYN_SENT --mark 0x1/0xff',
      'conntrack -D -f ipv4 --mark 0x1/0xff',
    ]);
  });

  test('a path that carries again is left in peace', async () => {
    const { clock, os, sent, facts, done } = rig(1);
    await pass(clock, 10);
    facts.dead = false;
    await pass(clock, 3100);
    await done;
    expect(sent).toHaveLength(1);
    expect(os.changes).not.toContain('conntrack -D -f ipv4 --mark 0x1/0xff');
  });

  test('without VXLAN nobody is tickled, and the rest is done', async () => {
    const { clock, os, sent, done } = rig(1, { port: false });
    await pass(clock, 3100);
    await done;
    expect(sent).toEqual([]);
    expect(os.changes).toContain('conntrack -D -f ipv4 --mark 0x1/0xff');
  });
});

describe('the device for it', () => {
  test('is made once', async () => {
    const made = () => os.changes.includes('ip link set dev farwatch0 up');
    const device = { ifname: 'farwatch0', flags: ['UP'], mtu: 1450, addr_info: [{ local: '192.0.0.8', prefixlen: 32 }] };
    const os = fakeOs((line) => (line.startsWith('ip -j') ? { stdout: JSON.stringify(made() ? [device] : []) } : undefined));
    expect(await ensureTickleDevice(os)).toMatchObject({ ok: true });
    expect(os.changes[0]).toBe(
      'ip link add dev farwatch0 address 02:fa:57:00:00:01 type vxlan id 64087 dstport 51972 local 127.0.0.1 nolearning',
    );
    const steps = os.changes.length;
    await ensureTickleDevice(os);
    expect(os.changes).toHaveLength(steps);
  });

  test('is finished when an agent was killed while it made it', async () => {
    const half = { ifname: 'farwatch0', flags: [], mtu: 1450, addr_info: [] };
    const os = fakeOs((line) => (line.startsWith('ip -j') ? { stdout: JSON.stringify([half]) } : undefined));
    expect(await ensureTickleDevice(os)).toMatchObject({ ok: true });
    expect(os.changes).toEqual([
      'ip link set dev farwatch0 alias farwatch addrgenmode none',
      'ip addr replace 192.0.0.8/32 dev farwatch0 scope host',
      'ip link set dev farwatch0 up',
    ]);
  });

  test('a kernel without VXLAN is a sentence, not an exception', async () => {
    const os = fakeOs((line) => (line.includes('vxlan') ? { code: 2, stderr: 'Error: Unknown device type.' } : { stdout: '[]' }));
    expect(await ensureTickleDevice(os)).toMatchObject({ ok: false, reason: expect.stringContaining('Unknown device type') });
  });
});
