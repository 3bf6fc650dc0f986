import { describe, expect, test } from 'vitest';
import type { Tunnel } from '../../../router-agent/config.ts';
import { UNHURRIED } from '../../../router-agent/drivers/pace.ts';
import { wireguard } from '../../../router-agent/drivers/wireguard.ts';
import { parseWireguardFile } from '../../../router-agent/drivers/wireguard-file.ts';
import type { RunResult } from '../../../router-agent/runner.ts';
import { fakeOs } from './fake-os.ts';
import { wgDump } from './wg-dump.ts';

/** A pair that `wg genkey` and `wg pubkey` made. */
const PRIVATE = 'eBCuDFa+8HqQeJqysG4G+yJmdZ2cWkfdOOOHsM2umEA=';
const PUBLIC = 'FsnwoYr2yg4uoFyi4SNDKlONay+4txcM9STeeseIKwE=';
const FILE = `# the first VPS
[Interface]
PrivateKey = ${PRIVATE}
Address = 10.9.1.2/24, fd00::2
MTU = 1380
Table = off
PostUp = rm -rf /

[Peer]
PublicKey = cGVlcg== # its key
Endpoint = 198.51.100.7:51820
AllowedIPs = 0.0.0.0/0, ::/0
`;
const TUNNEL: Tunnel = {
  server: 'a',
  driver: 'wireguard',
  device: 'wg0',
  config: '/etc/wg0.conf',
  heartbeat: '10.9.1.1',
  table: 201,
  mark: 1,
};

describe('a WireGuard file', () => {
  test('is split into what the device and what wg needs; its commands are never run', () => {
    const file = parseWireguardFile(FILE);
    expect(file).toMatchObject({
      ok: true,
      value: {
        addresses: ['10.9.1.2/24', 'fd00::2/128'],
        mtu: 1380,
        ignored: ['postup'],
        peers: [{ publicKey: 'cGVlcg==', allowedIps: ['0.0.0.0/0', '::/0'] }],
      },
    });
    expect(file.ok && file.value.stripped).toBe(
      `[Interface]\nPrivateKey = ${PRIVATE}\n[Peer]\nPublicKey = cGVlcg==\nEndpoint = 198.51.100.7:51820\nAllowedIPs = 0.0.0.0/0, ::/0\n`,
    );
  });

  test.each([
    ['no key', FILE.replace(/PrivateKey.*/, ''), /no PrivateKey/],
    ['no address', FILE.replace(/Address.*/, ''), /no Address/],
    ['a wrong address', FILE.replace('10.9.1.2/24', 'ten.nine'), /"ten.nine\/32" is no address/],
    ['a wrong MTU', FILE.replace('1380', 'big'), /MTU is "big"/],
    ['no peer', FILE.replace(/\[Peer\][\s\S]*/, ''), /\[Peer\]/],
    ['something else', '# mine\nhello', /^line 2 is not key = value below a \[section\]$/],
  ])('with %s is refused', (_, text, reason) => {
    const file = parseWireguardFile(text);
    expect(!file.ok && file.reason).toMatch(reason);
  });
});

/** A machine with or without the device. */
function machine(
  device: { key: string; alias?: string; up?: boolean; addresses?: string[]; allowed?: string } | null,
  fails: RegExp = /^$/,
  stderr = 'it failed',
) {
  const os = fakeOs((line): Partial<RunResult> | undefined => {
    if (fails.test(line)) return { code: 1, stderr };
    if (line === 'wg show wg0 dump')
      return device === null
        ? { code: 1 }
        : { stdout: wgDump({ publicKey: device.key, peers: [{ allowedIps: device.allowed ?? '0.0.0.0/0,::/0' }] }) };
    if (!line.startsWith('ip -j -d addr show')) return undefined;
    if (device === null) return { code: 1 };
    const addresses = (device.addresses ?? ['10.9.1.2/24', 'fd00::2/128']).map((address) => ({
      local: address.split('/')[0],
      prefixlen: Number(address.split('/')[1]),
    }));
    return {
      stdout: JSON.stringify([
        { ifname: 'wg0', flags: device.up === false ? [] : ['UP'], mtu: 1380, ifalias: device.alias, addr_info: addresses },
      ]),
    };
  });
  os.files['/etc/wg0.conf'] = FILE;
  return os;
}

const CREATED = [
  'ip link set dev wg0 alias farwatch',
  'wg setconf wg0',
  'ip addr add 10.9.1.2/24 dev wg0',
  'ip addr add fd00::2/128 dev wg0',
  'ip link set dev wg0 mtu 1380 up',
];

describe('the WireGuard driver', () => {
  test('creates the device, keys before addresses, and is up last', async () => {
    const os = machine(null);
    expect(await wireguard.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: 'created wg0 (kernel)' });
    expect(os.changes).toEqual(['ip link add dev wg0 type wireguard', ...CREATED]);
    expect(os.inputs['wg setconf wg0']).toContain('PrivateKey');
  });

  test('falls back to wireguard-go where the kernel has no WireGuard', async () => {
    const os = machine(null, /type wireguard/);
    expect(await wireguard.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: 'created wg0 (wireguard-go)' });
    expect(os.changes).toEqual(['ip link add dev wg0 type wireguard', 'wireguard-go wg0', ...CREATED]);
  });

  test('removes a half-made device', async () => {
    const os = machine(null, /^wg setconf/);
    expect((await wireguard.up(TUNNEL, os, UNHURRIED)).ok).toBe(false);
    expect(os.changes.at(-1)).toBe('ip link del dev wg0');
  });

  test('adopts a device with the right key: nothing is changed, no packet moves', async () => {
    const os = machine({ key: PUBLIC });
    expect(await wireguard.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: null });
    expect(os.changes).toEqual([]);
  });

  test('corrects only what differs in an adopted one', async () => {
    const os = machine({ key: PUBLIC, up: false, addresses: ['10.9.1.2/24'], allowed: '10.0.0.0/8' });
    await wireguard.up(TUNNEL, os, UNHURRIED);
    expect(os.changes).toEqual(['wg syncconf wg0', 'ip addr add fd00::2/128 dev wg0', 'ip link set dev wg0 up']);
  });

  test.each([
    ['where the device is there', { key: PUBLIC }],
    ['where it is not', null],
  ])('says so when the PrivateKey is none, and changes nothing: %s', async (_, device) => {
    const os = machine(device);
    os.files['/etc/wg0.conf'] = FILE.replace(PRIVATE, 'cHJpdmF0ZQ==');
    const done = await wireguard.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toBe('the PrivateKey of wg0 is not a key');
    expect(os.changes).toEqual([]);
  });

  test.each([
    ['a key', "Key is not the correct length or format: `c2VjcmV0'\nConfiguration parsing error"],
    ['a line', "Line unrecognized: `PresharedKeys=c2VjcmV0'\nConfiguration parsing error"],
  ])('does not repeat %s that wg could not read', async (_, stderr) => {
    const os = machine(null, /^wg setconf/, stderr);
    const done = await wireguard.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toMatch(/^wg setconf wg0: (Key is not|Line unrecognized: `PresharedKeys=).*parsing error$/);
    expect(JSON.stringify(done)).not.toContain('c2VjcmV0');
  });

  test('leaves a device alone of which wg tells nothing', async () => {
    const os = machine({ key: PUBLIC, up: false }, /^wg show/);
    const done = await wireguard.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toMatch(/`wg show wg0` fails/);
    await wireguard.down(TUNNEL, os);
    expect(os.changes).toEqual([]);
  });

  test("does not touch somebody else's device", async () => {
    const os = machine({ key: 'b3RoZXI=' });
    const done = await wireguard.up(TUNNEL, os, UNHURRIED);
    expect(!done.ok && done.reason).toMatch(/another key/);
    expect(os.changes).toEqual([]);
  });

  test('takes down only what it created', async () => {
    const theirs = machine({ key: PUBLIC });
    await wireguard.down(TUNNEL, theirs);
    expect(theirs.changes).toEqual([]);
    const ours = machine({ key: PUBLIC, alias: 'farwatch' });
    expect(await wireguard.down(TUNNEL, ours)).toEqual({ ok: true, value: 'removed wg0' });
  });

  test('completes a device that an agent left half-made when it was killed', async () => {
    const os = machine({ key: '(none)', up: false, addresses: [] });
    expect(await wireguard.up(TUNNEL, os, UNHURRIED)).toEqual({ ok: true, value: 'created wg0 (half-made)' });
    expect(os.changes).toEqual(CREATED);
  });
});

describe('check of a WireGuard file', () => {
  const KEY = `${'A'.repeat(42)}E=`;
  const SOUND = FILE.replace(PRIVATE, KEY)
    .replace('cGVlcg==', KEY)
    .replace(/PostUp.*\n/, '');
  async function problems(file: string, mode = 0o600): Promise<string[]> {
    const os = machine(null);
    os.files['/etc/wg0.conf'] = file;
    os.modes['/etc/wg0.conf'] = mode;
    return wireguard.check(TUNNEL, os);
  }

  test('finds nothing wrong with a sound one', async () => expect(await problems(SOUND)).toEqual([]));

  test.each([
    ['commands that are not run', SOUND.replace('MTU', 'PostUp = reboot\nMTU'), 0o600, /postup is not run/],
    ['a key that is none', SOUND.replace(KEY, 'secret'), 0o600, /PrivateKey is not a key/],
    ["a peer's key that is none", SOUND.replace(`PublicKey = ${KEY}`, 'PublicKey = x'), 0o600, /PublicKey "x" is not a key/],
    ['no PublicKey', SOUND.replace(/PublicKey.*/, ''), 0o600, /PublicKey is missing/],
    ['no Endpoint', SOUND.replace(/Endpoint.*/, ''), 0o600, /no Endpoint/],
    ['AllowedIPs that carry too little', SOUND.replace('0.0.0.0/0', '10.0.0.0/8'), 0o600, /AllowedIPs do not carry 0\.0\.0\.0\/0/],
    ['a key that all can read', SOUND, 0o644, /chmod 600 \/etc\/wg0\.conf/],
  ])('names %s', async (_, file, mode, sentence) => {
    const found = await problems(file, mode);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(sentence);
  });
});
