import { describe, expect, test } from 'vitest';
import type { Tunnel } from '../../../router-agent/config.ts';
import { openvpn } from '../../../router-agent/drivers/openvpn.ts';
import { parseOpenvpnFile } from '../../../router-agent/drivers/openvpn-file.ts';
import { createPace, UNHURRIED } from '../../../router-agent/drivers/pace.ts';
import type { RunResult } from '../../../router-agent/runner.ts';
import { fakeClock } from './fake-clock.ts';
import { type FakeOs, fakeOs } from './fake-os.ts';

const PATH = '/etc/farwatch/a.ovpn';
const FILE = `client
dev tun
proto udp # the VPS's
remote 198.51.100.7 1194
ca ca.pem
key "the key.pem"
<cert>
-----BEGIN CERTIFICATE-----
proto tcp is no directive here
</cert>
`;
const TUNNEL: Tunnel = { server: 'a', driver: 'openvpn', device: 'tun0', config: PATH, heartbeat: '10.9.1.1', table: 201, mark: 1 };
const PID = '/var/run/farwatch/openvpn-tun0.pid';
const LOG = '/var/run/farwatch/openvpn-tun0.log';

describe("an OpenVPN client's file", () => {
  test('tells transport, files and inline blocks', () => {
    expect(parseOpenvpnFile(FILE, PATH)).toMatchObject({
      ok: true,
      value: {
        transport: 'udp',
        hasRemote: true,
        inline: ['cert'],
        files: [
          { directive: 'ca', path: '/etc/farwatch/ca.pem' },
          { directive: 'key', path: '/etc/farwatch/the key.pem' },
        ],
      },
    });
  });

  test.each([
    ['proto tcp', 'proto tcp-client\nremote a'],
    ['a remote that says so', 'remote a 443 tcp4-client'],
    ['a connection block', '<connection>\nremote a 443 tcp\n</connection>'],
  ])('runs over TCP by %s', (_, text) => expect(parseOpenvpnFile(text, PATH)).toMatchObject({ ok: true, value: { transport: 'tcp' } }));

  test.each([
    ['a server', 'server 10.0.0.0 255.255.255.0', /server’s/],
    ['Ethernet', 'client\ndev tap0', /dev tun/],
    ['a block without end', '<ca>\nMIIB', /<ca> is not closed/],
  ])('of %s is refused', (_, text, reason) => {
    const file = parseOpenvpnFile(text, PATH);
    expect(!file.ok && file.reason).toMatch(reason);
  });
});

interface Machine extends FakeOs {
  /** Command lines by process id. */
  processes: Map<string, string>;
  connected: boolean;
}

/** A machine on which `openvpn --daemon` stays, and `kill` ends it, unless it is deaf to that signal. */
function machine({ deafTo = /^$/, dies = false, fails = {} as Record<string, Partial<RunResult>> } = {}): Machine {
  const processes = new Map<string, string>();
  let nextPid = 100;
  const os = fakeOs((line): Partial<RunResult> | undefined => {
    const failure = Object.entries(fails).find(([start]) => line.startsWith(start));
    if (failure !== undefined) return failure[1];
    if (line.startsWith('pgrep -f ')) return { stdout: [...processes.keys()].join('\n') };
    if (line.startsWith('kill ')) for (const pid of deafTo.test(line) ? [] : line.split(' ').slice(2)) processes.delete(pid);
    if (line.includes('--daemon') && !dies) {
      const pid = String(nextPid++);
      processes.set(pid, line);
      os.files[`/proc/${pid}/cmdline`] = `${line.replaceAll(' ', '\0')}\0`;
      os.files[PID] = pid;
    }
    if (line.startsWith('rm -f ')) delete os.files[line.slice(6)];
    if (!line.startsWith('ip -j -d addr show')) return undefined;
    if (processes.size === 0) return { code: 1 };
    const addresses = os.connected ? [{ local: '10.9.1.2', prefixlen: 24 }] : [];
    return os.connected ? { stdout: JSON.stringify([{ ifname: 'tun0', flags: ['UP'], mtu: 1500, addr_info: addresses }]) } : { code: 1 };
  }) as Machine;
  Object.assign(os, { processes, connected: true });
  Object.assign(os.files, {
    [PATH]: FILE,
    '/etc/farwatch/ca.pem': 'CA',
    '/etc/farwatch/the key.pem': 'KEY',
    '/proc/sys/net/mptcp/enabled': '1',
  });
  return os;
}

const starts = (os: Machine) => os.changes.filter((line) => line.includes('--daemon'));

describe('the OpenVPN driver', () => {
  test('starts a daemon that brings no routes and runs no programs; its device, pid and log are ours', async () => {
    const os = machine();
    expect(await openvpn.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: 'started openvpn for tun0' });
    const [line = ''] = starts(os);
    expect(line).toMatch(/^openvpn .*--config \/etc\/farwatch\/a\.ovpn --dev tun0/);
    for (const words of ['--route-noexec', '--route-nopull', '--script-security 1', `--writepid ${PID}`, `--log-append ${LOG}`])
      expect(line).toContain(words);
    // What must hold comes after the file, what the file may change before it.
    expect(line.indexOf('--connect-retry')).toBeLessThan(line.indexOf('--config'));
    expect(line.indexOf('--script-security')).toBeGreaterThan(line.indexOf('--config'));
  });

  test('adopts the one that runs: nothing is changed, no packet moves', async () => {
    const os = machine();
    await openvpn.up(TUNNEL, os, UNHURRIED);
    // The pid file was not written yet when the agent before us was killed.
    delete os.files[PID];
    os.changes.length = 0;
    expect(await openvpn.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: null });
    expect(os.changes).toEqual([]);
  });

  test.each([
    ['the file', PATH, `${FILE}\nverb 3`],
    ['a key that it names', '/etc/farwatch/the key.pem', 'NEW'],
  ])('%s changed: the old one ends before the new one starts', async (_, path, text) => {
    const os = machine();
    await openvpn.up(TUNNEL, os, UNHURRIED);
    os.files[path] = text;
    os.changes.length = 0;
    expect(await openvpn.up(TUNNEL, os, UNHURRIED)).toMatchObject({ ok: true, value: expect.stringContaining('changed configuration') });
    expect(os.changes[0]).toBe('kill -TERM 100');
    expect([...os.processes.keys()]).toEqual(['101']);
  });

  test('a file that OpenVPN itself refuses ends nothing that works, and check says so', async () => {
    const objection = { code: 1, stdout: 'Options error: Unrecognized option in a.ovpn:9: vreb (2.6.14)\nUse --help' };
    const os = machine({ fails: { 'openvpn --cd /etc/farwatch': objection } });
    await openvpn.up(TUNNEL, os, UNHURRIED);
    os.files[PATH] = `${FILE}vreb 3\n`;
    const done = await openvpn.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toMatch(/a\.ovpn: OpenVPN says: Options error: .*vreb.*goes on as it was/);
    expect([...os.processes.keys()]).toEqual(['100']);
    expect(await openvpn.check(TUNNEL, os)).toEqual([expect.stringContaining('vreb')]);
  });

  test('a file that became wrong ends nothing that works', async () => {
    const os = machine();
    await openvpn.up(TUNNEL, os, UNHURRIED);
    os.files[PATH] = '<ca>';
    expect((await openvpn.up(TUNNEL, os, UNHURRIED)).ok).toBe(false);
    expect(os.processes.size).toBe(1);
  });

  test('one without a connection says what OpenVPN said last', async () => {
    const os = machine();
    await openvpn.up(TUNNEL, os, UNHURRIED);
    os.connected = false;
    os.files[LOG] =
      '2026-11-25 20:00:00 TLS Error: TLS handshake failed\n2026-11-25 20:00:01 SIGUSR1[soft,tls-error] received, process restarting';
    const done = await openvpn.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toBe('openvpn of tun0 runs and has no connection; OpenVPN says: TLS Error: TLS handshake failed');
  });

  test('one that dies again and again is started ever more rarely, and says why', async () => {
    const os = machine({ dies: true });
    const clock = fakeClock();
    const pace = createPace(clock);
    os.files[LOG] = 'AUTH: Received control message: AUTH_FAILED';
    let last: unknown;
    for (let second = 0; second < 60; second++) {
      last = await openvpn.up(TUNNEL, os, pace);
      clock.advance(1000);
    }
    expect(starts(os)).toHaveLength(7);
    expect(last).toMatchObject({ ok: false, reason: expect.stringMatching(/ended 7 times in a row.*AUTH_FAILED/) });
  });

  test('over TCP it runs under mptcpize, unless told not to', async () => {
    for (const [mptcp, start] of [
      [undefined, 'mptcpize run openvpn '],
      [false, 'openvpn '],
    ] as const) {
      const os = machine();
      os.files[PATH] = FILE.replace('proto udp', 'proto tcp');
      await openvpn.up({ ...TUNNEL, mptcp }, os, UNHURRIED);
      expect(starts(os)[0]?.startsWith(start)).toBe(true);
    }
  });

  test.each([
    ['no file', { [PATH]: undefined }, /cannot read/],
    ['a program in it', { [PATH]: `${FILE}up /etc/openvpn/update-resolv-conf\n` }, /`up` would run a program/],
    ['no remote', { [PATH]: 'client' }, /no `remote`/],
    ['a key that is not there', { '/etc/farwatch/the key.pem': undefined }, /`key` names .*the key\.pem/],
  ])('with %s nothing is started', async (_, files, reason) => {
    const os = machine();
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) delete os.files[path];
      else os.files[path] = text;
    }
    const done = await openvpn.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toMatch(reason);
    expect(os.changes).toEqual([]);
  });

  test('what OpenVPN does not like of its options is said in its words', async () => {
    const os = machine({ fails: { 'openvpn --connect': { code: 1, stdout: '2026-11-25 20:00:00 Options error: Unrecognized option' } } });
    const done = await openvpn.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toBe('openvpn of tun0 does not start: Options error: Unrecognized option');
  });

  test('down ends it and leaves no file; again, it finds nothing', async () => {
    const os = machine();
    await openvpn.up(TUNNEL, os, UNHURRIED);
    os.files[LOG] = 'text';
    expect(await openvpn.down(TUNNEL, os)).toEqual({ ok: true, value: 'ended openvpn of tun0' });
    expect([os.processes.size, os.files[PID], os.files[LOG]]).toEqual([0, undefined, undefined]);
    expect(await openvpn.down(TUNNEL, os)).toEqual({ ok: true, value: null });
  });

  test('check names keys that others can read, questions to a person, and a kernel without MPTCP', async () => {
    const os = machine();
    os.files[PATH] = `${FILE.replace('udp', 'tcp')}auth-user-pass\n<tls-crypt>\nx\n</tls-crypt>`;
    os.files['/proc/sys/net/mptcp/enabled'] = '0';
    os.modes['/etc/farwatch/the key.pem'] = 0o640;
    os.modes[PATH] = 0o644;
    const problems = await openvpn.check(TUNNEL, os);
    expect(problems).toHaveLength(4);
    for (const sentence of [
      /would ask a person/,
      /chmod 600 \/etc\/farwatch\/a\.ovpn/,
      /chmod 600 \/etc\/farwatch\/the key\.pem/,
      /no MPTCP/,
    ])
      expect(problems.join('\n')).toMatch(sentence);
    expect(openvpn.tools(TUNNEL, os)).toEqual(['openvpn', 'pgrep', 'mptcpize']);
  });
});
