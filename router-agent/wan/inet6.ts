import { addressBytes } from '../address-bytes.ts';

/** Flags of /proc/net/if_inet6 (IFA_F_… of linux/if_addr.h). */
const TEMPORARY = 0x01;
const OPTIMISTIC = 0x04;
const DAD_FAILED = 0x08;
const DEPRECATED = 0x20;
const TENTATIVE = 0x40;

/**
 * A device's IPv6 addresses by how well one can ask from them, the best first, by the kernel's list (the text of /proc/net/if_inet6). Last come those that
 * no packet can be sent from yet, before them a prefix of yesterday (deprecated: the provider may not carry it any more), before that private ones
 * (RFC 4193), which no provider carries, and temporary ones (RFC 8981), which change each day.
 */
export function rankIpv6(addresses: readonly string[], listing: string): string[] {
  const flags = new Map(listing.split('\n').map((line) => [line.slice(0, 32), Number.parseInt(line.split(/\s+/)[4] ?? '', 16) || 0]));
  const rankOf = (address: string) => {
    const hex = addressBytes(address).toString('hex');
    return rank(flags.get(hex) ?? 0, /^f[cd]/.test(hex));
  };
  return [...addresses].sort((a, b) => rankOf(a) - rankOf(b));
}

function rank(flags: number, isPrivate: boolean): number {
  const has = (flag: number) => (flags & flag) !== 0;
  if (has(DAD_FAILED) || (has(TENTATIVE) && !has(OPTIMISTIC))) return 4;
  if (has(DEPRECATED)) return 3;
  if (isPrivate) return 2;
  return has(TEMPORARY) ? 1 : 0;
}
