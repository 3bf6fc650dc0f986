import { isIP, isIPv6 } from 'node:net';
import { fail, type Outcome, succeed } from '../outcome.ts';

/** A wg-quick style file, split into what the device needs and what WireGuard needs. */
export interface WireguardFile {
  privateKey: string;
  /** `address/prefix`, the prefix always written. */
  addresses: string[];
  mtu: number;
  /** What `wg setconf` takes. */
  stripped: string;
  peers: { publicKey: string; endpoint: string | null; allowedIps: string[] }[];
  /** Keys that wg-quick would act on and that are left out here. */
  ignored: string[];
}

/** wg-quick's own keys; `wg` does not know them. */
const QUICK_KEYS = ['address', 'mtu', 'dns', 'table', 'preup', 'postup', 'predown', 'postdown', 'saveconfig'];
/** Those that would have done something: commands of a file are never run, and routes are the planner's. */
const ACTIVE_KEYS = ['dns', 'preup', 'postup', 'predown', 'postdown'];
/** What fits into every path with WireGuard's overhead of 80 bytes (wg-quick's default for a 1500-byte uplink). */
const DEFAULT_MTU = 1420;

interface Line {
  section: number;
  key: string;
  value: string;
}

/** Reads the file's text. Keys are case-insensitive, `#` starts a comment, as in wg(8). */
export function parseWireguardFile(text: string): Outcome<WireguardFile> {
  const kept: string[] = [];
  const lines: Line[] = [];
  const sections: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const section = /^\[(\w+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      sections.push(section.toLowerCase());
      kept.push(line);
      continue;
    }
    const pair = /^(\w+)\s*=\s*(.*)$/.exec(line);
    if (pair === null || sections.length === 0) return fail(`line ${index + 1} is not key = value below a [section]`);
    const entry = { section: sections.length - 1, key: (pair[1] ?? '').toLowerCase(), value: pair[2] ?? '' };
    lines.push(entry);
    if (!(sections.at(-1) === 'interface' && QUICK_KEYS.includes(entry.key))) kept.push(line);
  }
  return assemble(sections, lines, `${kept.join('\n')}\n`);
}

function assemble(sections: string[], lines: Line[], stripped: string): Outcome<WireguardFile> {
  const ofInterface = lines.filter((line) => sections[line.section] === 'interface');
  const values = (key: string) => listed(ofInterface.filter((line) => line.key === key));
  const [privateKey] = values('privatekey');
  if (privateKey === undefined) return fail('[Interface] has no PrivateKey');
  const addresses = values('address').map(withPrefix);
  if (addresses.length === 0) return fail('[Interface] has no Address; heartbeats need one');
  const wrong = addresses.find((address) => isIP(address.split('/')[0] ?? '') === 0);
  if (wrong !== undefined) return fail(`[Interface] Address "${wrong}" is no address`);
  const mtu = Number(values('mtu')[0] ?? DEFAULT_MTU);
  if (!Number.isInteger(mtu) || mtu < 576 || mtu > 65_535) return fail(`[Interface] MTU is "${values('mtu')[0]}"; right: 576 to 65535`);
  const peers = sections.flatMap((name, section) => (name === 'peer' ? [peerOf(lines.filter((line) => line.section === section))] : []));
  if (peers.length === 0 || peers.some((peer) => peer.publicKey === '')) return fail('a [Peer] with a PublicKey is missing');
  const ignored = ofInterface.map((line) => line.key).filter((key) => ACTIVE_KEYS.includes(key));
  return succeed({ privateKey, addresses, mtu, stripped, peers, ignored: [...new Set(ignored)] });
}

function peerOf(lines: Line[]): WireguardFile['peers'][number] {
  const publicKey = lines.find((line) => line.key === 'publickey')?.value ?? '';
  const allowedIps = listed(lines.filter((line) => line.key === 'allowedips')).map(withPrefix);
  const endpoint = lines.find((line) => line.key === 'endpoint')?.value ?? null;
  return { publicKey, endpoint, allowedIps: allowedIps.sort() };
}

const listed = (lines: Line[]) => lines.flatMap((line) => line.value.split(',').map((word) => word.trim())).filter((word) => word !== '');

function withPrefix(address: string): string {
  return address.includes('/') ? address : `${address}/${isIPv6(address) ? 128 : 32}`;
}
