import { isIP } from 'node:net';
import { addressBytes } from './address-bytes.ts';

/** An address or a network, as a range of numbers: both ends are included. */
export interface Cidr {
  family: 4 | 6;
  first: bigint;
  last: bigint;
}

/** Reads `10.0.0.0/8`, `192.168.1.5`, `fd00::/8` …; null: it is none, or bits behind the prefix are set. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || rest.length > 0 || /[%.]/.test(family === 6 ? address : '')) return null;
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (length < 0 || length > bits) return null;
  const first = BigInt(`0x${addressBytes(address).toString('hex')}`);
  const size = 1n << BigInt(bits - length);
  return first % size === 0n ? { family, first, last: first + size - 1n } : null;
}

/** Whether some address is in both. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
