import type { Tunnel } from '../config.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import { FIRST_WAN_MARK, LINK_ALIAS, MAX_WANS } from '../own.ts';
import { mustSucceed, type Os } from '../runner.ts';
import type { TunnelDriver } from './driver.ts';
import { type DeviceState, readDevice } from './link.ts';
import { readableByOthers } from './secrets.ts';
import { checkWireguardFile } from './wireguard-check.ts';
import { parseWireguardFile, type WireguardFile } from './wireguard-file.ts';
import { publicKeyOf } from './wireguard-key.ts';
import { whySilent } from './wireguard-silence.ts';
import { readWireguard, type WireguardState } from './wireguard-state.ts';

/** `wg setconf` resolves the endpoints' names, which takes its time when DNS is slow. */
const SETCONF_MS = 15_000;
/** `wg` quotes what it cannot read, which may be a key, and what is said of a tunnel goes as far as the page. */
const QUOTED = /(Key is not the correct length or format|Line unrecognized: `[^=']*=).*/g;

/**
 * Brings a WireGuard tunnel up from a wg-quick style file. A device that is up with the right key is adopted as it is: a restart of the
 * agent moves no packet. Routes are the planner's, and commands in the file (PostUp …) are never run.
 */
export const wireguard: TunnelDriver = {
  tools: () => ['wg'],

  async up(tunnel, os) {
    const device = tunnel.device ?? '';
    const file = readFile(tunnel, os);
    if (!file.ok) return file;
    const publicKey = publicKeyOf(file.value.privateKey);
    if (publicKey === null) return fail(`the PrivateKey of ${device} is not a key`);
    const [link, state] = await Promise.all([readDevice(os, device), readWireguard(os, device)]);
    if (link === null) return create(device, file.value, os);
    if (state === null) return fail(`\`wg show ${device}\` fails: is it a WireGuard device, and is wg installed?`);
    return adopt(device, link, state, file.value, publicKey, os);
  },

  async down(tunnel, os) {
    const device = tunnel.device ?? '';
    const state = await readDevice(os, device);
    if (state === null) return succeed(null);
    if (state.alias !== LINK_ALIAS && !isHalfMade(await readWireguard(os, device), state)) return unbind(tunnel, os);
    const done = await change(os, ['ip', 'link', 'del', 'dev', device]);
    return done.ok ? succeed(`removed ${device}`) : done;
  },

  bindWan: bind,
  forgetSource,
  boundMark,

  async endpoint({ device = '' }, os) {
    const known = (await readWireguard(os, device))?.peers.find(({ endpoint }) => endpoint !== null);
    const address = /^(?:\[(?<six>[^\]]+)\]|(?<four>[\d.]+)):\d+$/.exec(known?.endpoint ?? '')?.groups;
    return address?.six ?? address?.four ?? null;
  },

  async check(tunnel, os) {
    const file = readFile(tunnel, os);
    return file.ok ? [...checkWireguardFile(tunnel.config ?? '', file.value), ...readableByOthers(os, tunnel.config ?? '')] : [file.reason];
  },

  diagnose: ({ device = '' }, os) => whySilent(device, os),
};

function bind({ device = '' }: Tunnel, mark: number, os: Os): Promise<Outcome<null>> {
  return change(os, ['wg', 'set', device, 'fwmark', `0x${mark.toString(16)}`]);
}

/** wireguard-go keeps a peer's source address until its mark changes, or for a handshake (15 s); to set the same mark again is no change to it. */
async function forgetSource(tunnel: Tunnel, mark: number, os: Os): Promise<Outcome<null>> {
  const off = await bind(tunnel, 0, os);
  const on = await bind(tunnel, mark, os);
  return off.ok ? on : off;
}

async function boundMark({ device = '' }: Tunnel, os: Os): Promise<number | null> {
  return (await readWireguard(os, device))?.mark ?? null;
}

/** A device of somebody else's stays, but our WANs' marks mean nothing without our rules. */
async function unbind(tunnel: Tunnel, os: Os): Promise<Outcome<string | null>> {
  const mark = await boundMark(tunnel, os);
  if (mark === null || mark < FIRST_WAN_MARK || mark >= FIRST_WAN_MARK + MAX_WANS) return succeed(null);
  const done = await bind(tunnel, 0, os);
  return done.ok ? succeed(`${tunnel.device} follows the main table again`) : done;
}

function readFile(tunnel: Tunnel, os: Os): Outcome<WireguardFile> {
  const path = tunnel.config ?? '';
  const text = os.read(path);
  if (text === null) return fail(`cannot read ${path}`);
  const file = parseWireguardFile(text);
  return file.ok ? file : fail(`${path}: ${file.reason}`);
}

async function change(os: Os, argv: string[], file?: string): Promise<Outcome<null>> {
  const done = await os.change(argv, { timeoutMs: SETCONF_MS, ...(file === undefined ? {} : { file }) });
  return mustSucceed(argv, { ...done, stderr: done.stderr.replace(QUOTED, '$1…') });
}

/** New: device, keys, then addresses, then up. A half-made device is removed again. */
async function create(device: string, file: WireguardFile, os: Os): Promise<Outcome<string | null>> {
  const kind = await addLink(device, os);
  return kind.ok ? complete(device, file, kind.value, os) : kind;
}

async function complete(device: string, file: WireguardFile, kind: string, os: Os): Promise<Outcome<string | null>> {
  const steps: [string[], string?][] = [
    [['ip', 'link', 'set', 'dev', device, 'alias', LINK_ALIAS]],
    [['wg', 'setconf', device], file.stripped],
    ...file.addresses.map((address): [string[]] => [['ip', 'addr', 'add', address, 'dev', device]]),
    [['ip', 'link', 'set', 'dev', device, 'mtu', String(file.mtu), 'up']],
  ];
  for (const [argv, text] of steps) {
    const done = await change(os, argv, text);
    if (done.ok) continue;
    await change(os, ['ip', 'link', 'del', 'dev', device]);
    return done;
  }
  return succeed(`created ${device} (${kind})`);
}

/** The kernel's WireGuard, or wireguard-go where the kernel has none. */
async function addLink(device: string, os: Os): Promise<Outcome<string>> {
  const kernel = await change(os, ['ip', 'link', 'add', 'dev', device, 'type', 'wireguard']);
  if (kernel.ok) return succeed('kernel');
  const userspace = await change(os, ['wireguard-go', device]);
  return userspace.ok
    ? succeed('wireguard-go')
    : fail(`no WireGuard here: ${kernel.reason}; ${userspace.reason}; install the kernel module or wireguard-go`);
}

const isHalfMade = (state: WireguardState | null, { alias, up }: DeviceState) => state?.publicKey === null && alias === null && !up;

/** A device that is there: ours or the same key is used, and only what differs is changed. Another key's is not touched. */
async function adopt(
  device: string,
  link: DeviceState,
  state: WireguardState,
  file: WireguardFile,
  publicKey: string,
  os: Os,
): Promise<Outcome<string | null>> {
  // One without a key, an owner or an address carries nothing for anybody: an agent was killed while it made it.
  if (isHalfMade(state, link)) return complete(device, file, 'half-made', os);
  const sameKey = state.publicKey === publicKey;
  if (!sameKey && link.alias !== LINK_ALIAS)
    return fail(`device ${device} exists with another key and is not ours; remove it or choose another name`);
  const changes: [string[], string?][] = [];
  if (!sameKey || !samePeers(state, file)) changes.push([['wg', 'syncconf', device], file.stripped]);
  for (const address of file.addresses)
    if (!link.addresses.includes(address)) changes.push([['ip', 'addr', 'add', address, 'dev', device]]);
  const mtu = link.alias === LINK_ALIAS && link.mtu !== file.mtu ? ['mtu', String(file.mtu)] : [];
  if (!link.up || mtu.length > 0) changes.push([['ip', 'link', 'set', 'dev', device, ...mtu, 'up']]);
  for (const [argv, text] of changes) {
    const done = await change(os, argv, text);
    if (!done.ok) return done;
  }
  return succeed(changes.length === 0 ? null : `adopted ${device} and corrected ${changes.length} thing(s)`);
}

/** Endpoints are left out of the comparison: a peer may have roamed, and setting it back would cut it off. */
function samePeers(have: WireguardState, file: WireguardFile): boolean {
  const text = (peers: readonly { publicKey: string; allowedIps: string[] }[]) =>
    peers
      .map(({ publicKey, allowedIps }) => `${publicKey} ${allowedIps.join()}`)
      .sort()
      .join('\n');
  return text(have.peers) === text(file.peers);
}
