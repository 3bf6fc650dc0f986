import type { Os } from '../runner.ts';
import type { Endpoint } from './plan.ts';

/** One TCP connection of an MPTCP connection, by one of our WANs. */
export interface Subflow {
  device: string;
  peer: string;
  /** It carries only while no other does, because this side or the other one has said so. */
  backup: boolean;
  rttMs: number | null;
  /** Segments sent again since it began. */
  retransmissions: number;
}

/** So many are told; a tunnel has one a WAN. */
const MAX_SUBFLOWS = 64;

/** The router's established subflows that leave from these endpoints; null: `ss` did not say. */
export async function readSubflows(os: Os, endpoints: readonly Endpoint[]): Promise<Subflow[] | null> {
  const deviceOf = new Map(endpoints.map(({ address, device }) => [address, device ?? '']));
  const result = await os.query(['ss', '-HOtin', 'state', 'established']);
  if (result.code !== 0) return null;
  return result.stdout
    .split('\n')
    .flatMap((line) => readLine(line, deviceOf) ?? [])
    .slice(0, MAX_SUBFLOWS);
}

/** `0 0 192.0.2.2%wan1:4431 203.0.113.1:443 … rtt:0.011/0.005 … retrans:0/3 … tcp-ulp-mptcp flags:Jjec token:…`: small letters are what this side has said. */
function readLine(line: string, deviceOf: ReadonlyMap<string, string>): Subflow | null {
  const flags = /tcp-ulp-mptcp flags:(\w*)/.exec(line)?.[1];
  const [, , local = '', peer = ''] = line.trim().split(/\s+/);
  const device = deviceOf.get(hostOf(local));
  if (flags === undefined || device === undefined) return null;
  const rtt = /\brtt:([\d.]+)/.exec(line)?.[1];
  const again = /\bretrans:\d+\/(\d+)/.exec(line)?.[1];
  return { device, peer, backup: /b/i.test(flags), rttMs: rtt === undefined ? null : Number(rtt), retransmissions: Number(again ?? 0) };
}

/** Without port, brackets and device. */
const hostOf = (socket: string) =>
  socket
    .replace(/:\d+$/, '')
    .replace(/%.*$/, '')
    .replace(/^\[|\]$/g, '');
