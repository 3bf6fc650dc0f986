import { MARK_MASK } from '../own.ts';
import type { Os } from '../runner.ts';
import type { Family } from './model.ts';
import { hex } from './nft.ts';

/**
 * Which connections of a dead path the kernel forgets at once, so that their next packet is a new flow on the living path. Established
 * TCP is not among them: it must still be known, to be answered with a reset.
 */
const FORGOTTEN: Record<Family, string[][]> = {
  4: [
    ['-f', 'ipv4', '-p', 'udp'],
    ['-f', 'ipv4', '-p', 'icmp'],
    ['-f', 'ipv4', '-p', 'tcp', '--state', 'SYN_SENT'],
  ],
  6: [
    ['-f', 'ipv6', '-p', 'udp'],
    ['-f', 'ipv6', '-p', 'icmpv6'],
    ['-f', 'ipv6', '-p', 'tcp', '--state', 'SYN_SENT'],
  ],
};

/** Exactly the connections with these marks; nobody else's. `conntrack` fails when it found none: no problem. */
export async function forgetFlows(os: Os, marks: readonly number[], families: readonly Family[]): Promise<void> {
  for (const mark of marks) {
    for (const words of families.flatMap((family) => FORGOTTEN[family])) {
      await os.change(['conntrack', '-D', ...words, '--mark', `${hex(mark)}/${hex(MARK_MASK)}`]);
    }
  }
}
