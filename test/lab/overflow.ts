import { inside, run } from './processes.ts';
import { SERVERS, vpsNamespace } from './topology.ts';

const NAMESPACES = ['client', 'router', ...SERVERS.map(vpsNamespace), 'inet'];

/**
 * How many datagrams sockets of the lab had no room for, so far (`RcvbufErrors` of both IP versions). A process that stands still for a moment lets its
 * socket overflow – those of wireguard-go hold 208 KiB –, and what is lost there is lost by this machine, whatever the router does.
 */
export async function overflows(): Promise<number> {
  const counts = await Promise.all(
    NAMESPACES.map(async (namespace) => {
      const text = await run(inside(namespace, ['cat', '/proc/net/snmp', '/proc/net/snmp6']));
      return rcvbufErrors4(text) + Number(/^Udp6RcvbufErrors\s+(\d+)/m.exec(text)?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Two lines: the names, and the numbers below them. */
function rcvbufErrors4(text: string): number {
  const [names = '', numbers = ''] = text.split('\n').filter((line) => line.startsWith('Udp: '));
  return Number(numbers.split(' ')[names.split(' ').indexOf('RcvbufErrors')]);
}
