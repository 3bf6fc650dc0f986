import { isIpLiteral, isPrivateHost, isWithin } from '../fleet-file/address.ts';
import type { CheckSpec } from '../objects/contract.ts';

/** Cloudflare's own networks (cloudflare.com/ips): `connect()` refuses them, with the words that it has for a dead server. */
const CLOUDFLARE: readonly [string, number][] = [
  ['173.245.48.0', 20],
  ['103.21.244.0', 22],
  ['103.22.200.0', 22],
  ['103.31.4.0', 22],
  ['141.101.64.0', 18],
  ['108.162.192.0', 18],
  ['190.93.240.0', 20],
  ['188.114.96.0', 20],
  ['197.234.240.0', 22],
  ['198.41.128.0', 17],
  ['162.158.0.0', 15],
  ['104.16.0.0', 13],
  ['104.24.0.0', 14],
  ['172.64.0.0', 13],
  ['131.0.72.0', 22],
  ['2400:cb00::', 32],
  ['2606:4700::', 32],
  ['2803:f800::', 32],
  ['2405:b500::', 32],
  ['2405:8100::', 32],
  ['2a06:98c0::', 29],
  ['2c0f:f248::', 32],
];
const SMTP = 25;

/**
 * Whether Cloudflare's network lets no Worker look there, whatever the server does: port 25, private addresses and its own ones, and for `fetch` bare
 * addresses. Asked before the look, because the failure would look like that of a dead server. A name that resolves to such an address is not found out.
 */
export function isBlocked({ kind, host, port }: CheckSpec): boolean {
  if (!isIpLiteral(host)) return isPrivateHost(host) || (kind !== 'http' && port === SMTP);
  if (kind === 'http' || port === SMTP) return true;
  return isPrivateHost(host) || CLOUDFLARE.some(([network, length]) => isWithin(host, network, length));
}
