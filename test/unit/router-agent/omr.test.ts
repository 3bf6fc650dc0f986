import { describe, expect, test } from 'vitest';
import type { Config } from '../../../router-agent/config.ts';
import type { Carry } from '../../../router-agent/life.ts';
import { createLog } from '../../../router-agent/log.ts';
import { checkOmr } from '../../../router-agent/omr/check.ts';
import { omrDataPlane } from '../../../router-agent/omr/data-plane.ts';
import { planOmrMove } from '../../../router-agent/omr/move.ts';
import { parseUci } from '../../../router-agent/omr/uci.ts';
import type { RunResult } from '../../../router-agent/runner.ts';
import { fakeClock } from './fake-clock.ts';
import { fakeOs } from './fake-os.ts';
import { UCI_SHOW } from './omr-router.ts';

const NOTHING = parseUci('');
const linesOf = (show: string, to: string, options = {}, state = NOTHING) => {
  const steps = planOmrMove(parseUci(show), state, to, options);
  return steps.ok ? steps.value.map(({ argv }) => argv.join(' ')) : steps.reason;
};

/** What `uci show` prints after these commands. */
function afterwards(show: string, lines: readonly string[]): string {
  const uci = new Map(
    [...parseUci(show)].map(([key, values]) => [key, values.map((value) => `'${value.replaceAll("'", "'\\''")}'`).join(' ')]),
  );
  for (const line of lines) {
    const [, verb, rest = ''] = /^uci (set|add_list|delete) (.*)$/.exec(line) ?? [];
    const [key = '', value] = rest.split('=');
    if (verb === 'delete') uci.delete(key);
    else if (verb !== undefined) uci.set(key, `'${value}'`);
  }
  return [...uci].map(([key, value]) => `${key}=${key.split('.').length === 2 ? value.replaceAll("'", '') : value}`).join('\n');
}

describe('uci show', () => {
  test('is read with quotes and lists', () => {
    const uci = parseUci(UCI_SHOW);
    expect(uci.get('openmptcprouter.paris.password')).toEqual(["it's secret"]);
    expect(uci.get('openvpn.omr.remote')).toEqual(['198.51.100.1', '198.51.100.9']);
    expect(uci.get('openmptcprouter.paris')).toEqual(['server']);
  });
});

describe('a move', () => {
  test('flips the roles, changes addresses in use, commits each package, restarts the fetcher, then the active proxy and VPN', () => {
    expect(linesOf(UCI_SHOW, 'tokyo')).toEqual([
      'uci set openmptcprouter.paris.master=0',
      'uci set openmptcprouter.paris.backup=1',
      'uci set openmptcprouter.tokyo.master=1',
      'uci set openmptcprouter.tokyo.backup=0',
      'uci set openmptcprouter.tokyo.get_config=1',
      'uci set glorytun.vpn.host=198.51.100.2',
      'uci set mlvpn.general.host=198.51.100.2',
      'uci delete openvpn.omr.remote',
      'uci add_list openvpn.omr.remote=198.51.100.2',
      'uci set shadowsocks-rust.sss0.server=198.51.100.2',
      'uci set xray.omrout.s_vless_address=198.51.100.2',
      'uci set openmptcprouter.paris.current=0',
      'uci set openmptcprouter.tokyo.current=1',
      ...['openmptcprouter', 'glorytun', 'mlvpn', 'openvpn', 'shadowsocks-rust', 'xray'].map((name) => `uci commit ${name}`),
      '/etc/init.d/openmptcprouter-vps restart',
      '/etc/init.d/shadowsocks-rust restart',
      '/etc/init.d/openvpn restart omr',
      'conntrack -D -p udp',
    ]);
  });

  test('that is done is nothing to do; one that was interrupted restarts its services', () => {
    const first = linesOf(UCI_SHOW, 'tokyo');
    const after = afterwards(UCI_SHOW, Array.isArray(first) ? first : []);
    expect(linesOf(after, 'tokyo')).toEqual([]);
    const again = linesOf(after, 'tokyo', { again: true });
    expect(again).toContain('/etc/init.d/openmptcprouter-vps restart');
    expect(again).not.toContain('uci set openmptcprouter.paris.master=0');
    // And back: the same router as before, but for the list and what is to be fetched.
    const back = linesOf(after, 'paris');
    const home = afterwards(after, Array.isArray(back) ? back : []);
    for (const key of ['openmptcprouter.paris.current', 'openmptcprouter.tokyo.backup', 'shadowsocks-rust.sss0.server'])
      expect(parseUci(home).get(key)).toEqual(parseUci(UCI_SHOW).get(key));
  });

  test('touches no key that is not there, and no service that is not used', () => {
    const bare = UCI_SHOW.split('\n')
      .filter((line) => line.startsWith('openmptcprouter.') && !/settings\.(proxy|vpn)/.test(line))
      .join('\n');
    expect(linesOf(bare, 'tokyo')).toEqual([
      'uci set openmptcprouter.paris.master=0',
      'uci set openmptcprouter.paris.backup=1',
      'uci set openmptcprouter.tokyo.master=1',
      'uci set openmptcprouter.tokyo.backup=0',
      'uci set openmptcprouter.tokyo.get_config=1',
      'uci set openmptcprouter.paris.current=0',
      'uci set openmptcprouter.tokyo.current=1',
      'uci commit openmptcprouter',
      '/etc/init.d/openmptcprouter-vps restart',
      'conntrack -D -p udp',
    ]);
  });

  test('on a newer build `current` is volatile: it is set there, and never committed', () => {
    const newer = UCI_SHOW.replace(/^.*\.current=.*\n/gm, '');
    const lines = linesOf(newer, 'tokyo', {}, parseUci("openmptcprouter.paris.current='1'\nopenmptcprouter.tokyo.current='0'"));
    expect(lines).toContain('uci -P /var/state set openmptcprouter.tokyo.current=1');
    expect(lines).toContain('uci -P /var/state revert openmptcprouter.tokyo.current');
    expect(lines).not.toContain('uci set openmptcprouter.tokyo.current=1');
  });

  test.each([
    ['an unknown server', UCI_SHOW, 'rome', /no server rome; there are paris, tokyo/],
    ['a disabled one', `${UCI_SHOW}openmptcprouter.tokyo.disabled='1'`, 'tokyo', /disabled/],
    ['one without an address', UCI_SHOW.replace(/.*tokyo\.ip=.*/, ''), 'tokyo', /tokyo\.ip is missing/],
  ])('to %s is refused', (_, show, to, reason) => expect(linesOf(show, to)).toMatch(reason));
});

const CONFIG = {
  tunnel: ['paris', 'tokyo'].map((server, index) => ({ server, driver: 'openmptcprouter', heartbeat: `198.51.100.${index + 1}:65500` })),
} as unknown as Config;

/** A router whose uci keeps what is set, and whose VPSs take the passwords that are not in `refuses`. */
function router({ show = UCI_SHOW, refuses = [] as string[], failsAt = /^$/, unreachable = false } = {}) {
  const machine = { show };
  const asked: string[] = [];
  const os = fakeOs((line, options): Partial<RunResult> | undefined => {
    if (failsAt.test(line)) return { code: 1, stderr: 'it failed' };
    if (line === 'uci show') return { stdout: machine.show };
    if (line.startsWith('uci -P')) return { code: 1 };
    if (line.startsWith('curl')) {
      asked.push(line);
      if (unreachable) return { code: 7 };
      const refused = refuses.some((password) => new URLSearchParams(options?.input).get('password') === password);
      return { stdout: refused ? '{"detail":"Incorrect username or password"}' : '{"access_token":"x","token_type":"bearer"}' };
    }
    if (line.startsWith('rm -f ')) delete os.files[line.slice(6)];
    machine.show = afterwards(machine.show, [line]);
    return undefined;
  });
  const log = createLog('error', { journald: false, write: () => undefined });
  const plane = () => omrDataPlane({ config: CONFIG, os, clock: fakeClock(), log });
  return { os, asked, plane };
}

const carry = (paris: number, tokyo: number): Carry => ({
  weights: { paris, tokyo },
  live: { paris: 'paris', tokyo: 'tokyo' },
  dead: [],
});
const restarts = (lines: readonly string[]) => lines.filter((line) => line.endsWith('openmptcprouter-vps restart')).length;

describe('the data plane of OpenMPTCProuter', () => {
  test('adopts what it finds: nothing is changed', async () => {
    const { os, plane } = router();
    const one = plane();
    expect(await one.start()).toEqual({ weights: { paris: 100 }, dead: [] });
    expect(await one.apply(carry(100, 0))).toMatchObject({ ok: true });
    expect(os.changes).toEqual([]);
  });

  test('moves once for all stages of a return: when the other has more', async () => {
    const { os, plane } = router();
    const one = plane();
    await one.start();
    await one.apply(carry(0, 100));
    expect(restarts(os.changes)).toBe(1);
    for (const share of [10, 50]) await one.apply(carry(share, 100 - share));
    expect(restarts(os.changes)).toBe(1);
    await one.apply(carry(100, 0));
    expect(restarts(os.changes)).toBe(2);
  });

  test('does not move to a server that refuses the credentials, and says so before it is needed', async () => {
    const { os, plane } = router({ refuses: ['other'] });
    const one = plane();
    await one.start();
    await one.apply(carry(100, 0));
    await one.reconcile();
    expect(one.complaints()).toEqual([expect.stringMatching(/^tokyo: the VPS refuses .*openmptcprouter\.tokyo\.password/)]);
    expect(await one.apply(carry(0, 100))).toMatchObject({ ok: false, reason: expect.stringContaining('refuses') });
    expect(os.changes).toEqual([]);
  });

  test('an API that does not answer is no reason to stay: the heartbeats know better', async () => {
    const { os, plane } = router({ unreachable: true });
    const one = plane();
    await one.start();
    expect(await one.apply(carry(0, 100))).toMatchObject({ ok: true });
    expect(restarts(os.changes)).toBe(1);
  });

  test('a password is never on a command line', async () => {
    const { asked, plane } = router();
    const one = plane();
    await one.start();
    await one.reconcile();
    expect(asked).toHaveLength(1);
    expect(asked.join()).not.toMatch(/other|secret/);
  });

  test('an agent that is killed in the middle does the whole move again', async () => {
    const broken = router({ failsAt: /shadowsocks-rust restart/ });
    const first = broken.plane();
    await first.start();
    expect((await first.apply(carry(0, 100))).ok).toBe(false);
    const whole = router({ show: afterwards(UCI_SHOW, broken.os.changes) });
    Object.assign(whole.os.files, broken.os.files);
    const second = whole.plane();
    expect(await second.start()).toEqual({ weights: { tokyo: 100 }, dead: [] });
    await second.apply(carry(0, 100));
    expect(whole.os.changes).toContain('/etc/init.d/shadowsocks-rust restart');
    whole.os.changes.length = 0;
    await second.reconcile();
    expect(whole.os.changes).toEqual([]);
  });

  test('what somebody else moved is moved back', async () => {
    const { os, plane } = router();
    const one = plane();
    await one.start();
    await one.apply(carry(100, 0));
    for (const change of ['paris.current=0', 'tokyo.current=1']) await os.change(['uci', 'set', `openmptcprouter.${change}`]);
    os.changes.length = 0;
    await one.reconcile();
    expect(os.changes).toContain('uci set openmptcprouter.paris.current=1');
    os.changes.length = 0;
    await one.reconcile();
    expect(os.changes).toEqual([]);
  });
});

describe('check of an OpenMPTCProuter', () => {
  test('finds nothing wrong with a sound one', async () => expect(await checkOmr(CONFIG, router().os)).toEqual([]));

  test.each([
    ['its own tracker', { show: UCI_SHOW.replace("server.enabled='0'", "server.enabled='1'") }, /omr-tracker\.server\.enabled=0/],
    ['a server that is not there', { show: UCI_SHOW.replace(/.*tokyo.*\n/g, '') }, /no server "tokyo".*paris/],
    ['a wrong password', { refuses: ['other'] }, /tunnel of tokyo: the VPS refuses/],
    ['no password', { show: UCI_SHOW.replace(/.*tokyo\.password.*\n/, '') }, /tokyo\.password is missing/],
  ])('names %s', async (_, options, sentence) => {
    const problems = await checkOmr(CONFIG, router(options).os);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(sentence);
  });

  test('says when this is no OpenMPTCProuter', async () => {
    const os = fakeOs(() => ({ code: 127 }));
    expect(await checkOmr(CONFIG, os)).toEqual([expect.stringMatching(/no `uci` here/)]);
  });
});
