import { parseCidr } from '../cidr.ts';
import type { Config } from '../config.ts';
import { parseHeartbeat } from '../heartbeat/address.ts';
import { wanLanesOf } from './lines.ts';
import type { Lane, Policy, TrafficClass } from './model.ts';

/** What the kernel is to do whatever carries: all of the agent's file that matters to it. */
export function policyOf(config: Config): Policy {
  const lanes = lanesOf(config);
  return {
    lanes,
    wans: wanLanesOf(config),
    lan: config.lan,
    masquerade: config.masquerade,
    killSwitch: config.kill_switch,
    classes: config.class.map((entry) => classOf(entry, lanes)),
    resolvers: config.dns.follow ? config.dns.resolvers : null,
  };
}

/** The tunnels of a configuration as lanes. The schema has checked that devices and heartbeats are there. */
export function lanesOf(config: Config): Lane[] {
  return config.tunnel.map(({ server, device, mark, table, heartbeat }) => {
    const target = parseHeartbeat(heartbeat);
    if (device === undefined || target === null) throw new Error(`tunnel of ${server} passed the check without a device or heartbeat`);
    return { server, device, mark, table, heartbeat: target.host };
  });
}

function classOf(entry: Config['class'][number], lanes: readonly Lane[]): TrafficClass {
  const mark = lanes.find((lane) => lane.server === entry.via)?.mark ?? null;
  return { matches: matchesOf(entry), mark, held: !entry.failover };
}

const FAMILIES = [
  { number: 4, header: 'ip', protocol: 'ipv4', ping: 'icmp' },
  { number: 6, header: 'ip6', protocol: 'ipv6', ping: 'ipv6-icmp' },
] as const;

/** One expression for each family that the class can meet. */
export function matchesOf({ from, to, protocol, ports }: Config['class'][number]): string[] {
  return FAMILIES.flatMap(({ number, header, protocol: family, ping }) => {
    const of = (cidrs: readonly string[]) => cidrs.filter((text) => parseCidr(text)?.family === number);
    if ((from.length > 0 && of(from).length === 0) || (to.length > 0 && of(to).length === 0)) return [];
    const words = [
      from.length > 0 ? `${header} saddr ${listed(of(from))}` : '',
      to.length > 0 ? `${header} daddr ${listed(of(to))}` : '',
      from.length + to.length === 0 ? `meta nfproto ${family}` : '',
      protocol === undefined ? '' : `meta l4proto ${protocol === 'icmp' ? ping : protocol}`,
      protocol === undefined && ports.length > 0 ? 'meta l4proto { tcp, udp }' : '',
      ports.length > 0 ? `th dport ${listed(ports.map(String))}` : '',
    ];
    return [words.filter((word) => word !== '').join(' ')];
  });
}

const listed = (items: readonly string[]) => `{ ${items.join(', ')} }`;
