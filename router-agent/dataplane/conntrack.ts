import { MARK_MASK } from '../own.ts';
import type { Os } from '../runner.ts';
import { hex } from './chains.ts';
import type { Family } from './model.ts';
import type { TcpFlow } from './tickle-packet.ts';

const NAME: Record<Family, string> = { 4: 'ipv4', 6: 'ipv6' };
const markWords = (mark: number) => ['--mark', `${hex(mark)}/${hex(MARK_MASK)}`];

/** Over, or never begun: nobody waits for anything on these. */
const NOT_OPEN = ['TIME_WAIT', 'CLOSE', 'LAST_ACK', 'SYN_SENT', 'NONE'];

/** The open TCP connections with this mark, from the side of those who opened them. */
export async function openTcpFlows(os: Os, mark: number, family: Family): Promise<TcpFlow[]> {
  const result = await os.query(['conntrack', '-L', '-f', NAME[family], '-p', 'tcp', ...markWords(mark)]);
  return result.code === 0 ? parseFlows(result.stdout) : [];
}

/** `tcp 6 431999 ESTABLISHED src=… dst=… sport=… dport=… src=… …`: the first four are as the client sent them. */
export function parseFlows(text: string): TcpFlow[] {
  const line = /^tcp\s+6\s+\d+\s+(?<state>[A-Z_]+)\s+src=(?<client>\S+)\s+dst=(?<server>\S+)\s+sport=(?<from>\d+)\s+dport=(?<to>\d+)\s/gm;
  return [...text.matchAll(line)].flatMap(({ groups }) => {
    if (groups === undefined || NOT_OPEN.includes(groups.state ?? '')) return [];
    const { client = '', server = '', from, to } = groups;
    return [{ client, server, clientPort: Number(from), serverPort: Number(to) }];
  });
}

/** The connections with this mark, of all protocols and both IP versions; null: the kernel does not say. */
export async function countFlows(os: Os, mark: number): Promise<number | null> {
  const families: Family[] = [4, 6];
  const lists = await Promise.all(families.map((family) => os.query(['conntrack', '-L', '-f', NAME[family], ...markWords(mark)])));
  if (lists.some(({ code }) => code !== 0)) return null;
  return lists.reduce((sum, { stdout }) => sum + stdout.split('\n').filter((line) => line.trim() !== '').length, 0);
}

/**
 * What the kernel forgets at once: the next packet is then a new flow on the living path. Established TCP is not among it: it must still be
 * known, to be answered with a reset.
 */
const CONNECTIONLESS: Record<Family, string[][]> = {
  4: [
    ['-p', 'udp'],
    ['-p', 'icmp'],
    ['-p', 'tcp', '--state', 'SYN_SENT'],
  ],
  6: [
    ['-p', 'udp'],
    ['-p', 'icmpv6'],
    ['-p', 'tcp', '--state', 'SYN_SENT'],
  ],
};

/** Exactly the connections with this mark; nobody else's. `conntrack` fails when it found none: no problem. */
export async function forgetConnectionless(os: Os, mark: number, family: Family): Promise<void> {
  for (const words of CONNECTIONLESS[family]) await os.change(['conntrack', '-D', '-f', NAME[family], ...words, ...markWords(mark)]);
}

/** All that is left with this mark. */
export async function forgetAll(os: Os, mark: number, family: Family): Promise<void> {
  await os.change(['conntrack', '-D', '-f', NAME[family], ...markWords(mark)]);
}
