import { HOLD_BIT, MARK_MASK, TICKLE_DEVICE, TICKLE_PORT } from '../own.ts';
import type { Lane, Layout, TrafficClass } from './model.ts';

const MASK = hex(MARK_MASK);
const KEEP = hex(~MARK_MASK >>> 0);
/** Constant, so that a client keeps its exit when the table is replaced (without it the kernel draws a seed for each rule). */
const SEED = '0xfa57';
/** Neighbour discovery and redirects: marked, they would leave their link. */
const ND = 'meta l4proto ipv6-icmp icmpv6 type 133-137 return';
const NOT_AWAY = 'fib daddr type { local, broadcast, multicast, anycast } return';
const UNMARKED = `ct state new ct mark and ${MASK} == 0`;
const BY_LIFE = `ct mark and ${MASK} vmap @live`;
/** Plain DNS and DNS over TLS. */
const DNS_PORTS = 'meta l4proto { tcp, udp } th dport { 53, 853 }';
/** What an MSS leaves of an MTU: the headers of IP and TCP without options. */
const HEADERS = { ipv4: 40, ipv6: 60 } as const;

export interface Chain {
  name: string;
  hook?: string;
  rules: string[];
}

export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}

export const viaChain = (mark: number) => `via_${mark}`;
const holdChain = (mark: number) => `hold_${mark}`;
const quoted = (devices: readonly string[]) => `{ ${devices.map((device) => `"${device}"`).join(', ')} }`;
const bits = (key: string, mark: number) => `${key} set ${key} and ${KEEP} or ${hex(mark)}`;
const byBucket = (end: 'saddr' | 'daddr') =>
  [
    ['ipv4', 'ip'],
    ['ipv6', 'ip6'],
  ].map(([family, header]) => `${UNMARKED} meta nfproto ${family} jhash ${header} ${end} mod 100 seed ${SEED} vmap @weights`);

/**
 * The unchanging part of our table. A new flow from the LAN falls, by its client's address, into one of 100 buckets; the bucket's verdict
 * (`weights`) writes the mark into the connection and the packet. Packets of known flows follow their mark through `live`. Verdict maps
 * instead of mark maps, because only so the bits outside our mask survive.
 */
export function chainsOf(layout: Layout): Chain[] {
  const { lanes, lan } = layout;
  return [
    ...lanes.map(({ mark }) => ({ name: viaChain(mark), rules: [bits('ct mark', mark), bits('meta mark', mark)] })),
    ...heldMarks(layout).map((mark) => ({ name: holdChain(mark), rules: [bits('meta mark', mark === 0 ? HOLD_BIT : mark)] })),
    {
      name: 'lan',
      rules: [
        ND,
        NOT_AWAY,
        `meta l4proto tcp ct state established ct mark and ${MASK} == @dead reject with tcp reset`,
        ...layout.classes.flatMap(({ matches, ...way }) => matches.map((match) => `${UNMARKED} ${match} ${bits('ct mark', markOf(way))}`)),
        ...heldMarks(layout).map((mark) => `ct mark and ${MASK} == ${hex(HOLD_BIT | mark)} goto ${holdChain(mark)}`),
        ...byBucket('saddr'),
        BY_LIFE,
      ],
    },
    {
      name: 'guard',
      hook: 'type filter hook prerouting priority raw; policy accept;',
      rules: [
        `iifname "${TICKLE_DEVICE}" meta l4proto != tcp drop`,
        // Known connections must not learn anything from them.
        `iifname "${TICKLE_DEVICE}" notrack`,
      ],
    },
    {
      // Here, where addresses are translated back already: an answer to a client's datagram may come in with this port as its own.
      name: 'input',
      hook: 'type filter hook input priority filter; policy accept;',
      rules: [`iifname != "lo" udp dport ${TICKLE_PORT} drop`],
    },
    {
      name: 'prerouting',
      hook: 'type filter hook prerouting priority mangle; policy accept;',
      rules: [`iifname ${quoted(lan)} jump lan`, ...lanes.map(answersReturn)],
    },
    {
      name: 'forward',
      hook: 'type filter hook forward priority mangle; policy accept;',
      rules: [`iifname "${TICKLE_DEVICE}" oifname != ${quoted(lan)} drop`, ...segmentSizes(layout)],
    },
    ...(layout.resolvers === null ? [] : ownQuestions(layout.resolvers)),
    ...hidden(layout),
  ];
}

/** What a class writes into its flows: the tunnel's own mark, which follows `live`, or one that never moves. */
function markOf({ mark, held }: Omit<TrafficClass, 'matches'>): number {
  return mark === null || held ? HOLD_BIT | (mark ?? 0) : mark;
}

/** The tunnels' marks that classes hold flows on; 0: by no tunnel. */
function heldMarks({ classes }: Layout): number[] {
  return [...new Set(classes.map(markOf).filter((mark) => mark >= HOLD_BIT))].map((mark) => mark - HOLD_BIT).sort((a, b) => a - b);
}

/** What comes in through a tunnel is answered through the same one. */
function answersReturn(lane: Lane): string {
  return `iifname "${lane.device}" ${UNMARKED} ${bits('ct mark', lane.mark)}`;
}

/**
 * TCP is told how much fits into the tunnel, in both directions: by what the client says on the way out (`rt mtu` knows the path), and by
 * what the server says on the way in, where only the device's MTU tells. A smaller size stays.
 */
function segmentSizes({ lanes, mtus }: Layout): string[] {
  const opening = 'tcp flags & (syn | rst) == syn tcp option maxseg size set';
  const sizes = [...new Set(lanes.flatMap(({ device }) => mtus[device] ?? []))].sort((a, b) => a - b);
  const withMtu = (mtu: number) => quoted(lanes.flatMap(({ device }) => (mtus[device] === mtu ? [device] : [])));
  return [
    `oifname ${quoted(lanes.map((lane) => lane.device))} ${opening} rt mtu`,
    ...sizes.flatMap((mtu) =>
      (['ipv4', 'ipv6'] as const).map(
        (family) => `iifname ${withMtu(mtu)} meta nfproto ${family} ${opening} ${Math.max(536, mtu - HEADERS[family])}`,
      ),
    ),
  ];
}

/** The router's own questions: each resolver is a client of the same buckets, so that one cut moves them too. */
function ownQuestions(resolvers: readonly string[]): Chain[] {
  const rule = (family: string, addresses: readonly string[]) => `${family} daddr { ${addresses.join(', ')} } ${DNS_PORTS} jump own`;
  const six = resolvers.filter((address) => address.includes(':'));
  const four = resolvers.filter((address) => !address.includes(':'));
  const jumps = [...(four.length > 0 ? [rule('ip', four)] : []), ...(six.length > 0 ? [rule('ip6', six)] : [])];
  return [
    {
      name: 'own',
      rules: [
        NOT_AWAY,
        `meta l4proto tcp ct state established ct mark and ${MASK} == @dead reject with tcp reset`,
        ...byBucket('daddr'),
        BY_LIFE,
      ],
    },
    {
      // `route`: only so the way is looked up again when the mark has changed.
      name: 'output',
      hook: 'type route hook output priority mangle; policy accept;',
      rules: resolvers.length === 0 ? [`${DNS_PORTS} jump own`] : jumps,
    },
  ];
}

/** Who leaves by a tunnel with an address that means nothing behind it: the LAN, unless the VPS knows it; the router's own WAN address always. */
function hidden({ lanes, masquerade, resolvers }: Layout): Chain[] {
  const steered = `oifname ${quoted(lanes.map((lane) => lane.device))} meta mark and ${MASK} != 0`;
  if (!masquerade && resolvers === null) return [];
  return [
    {
      name: 'postrouting',
      hook: 'type nat hook postrouting priority srcnat; policy accept;',
      rules: [`${steered}${masquerade ? '' : ' fib saddr type local'} masquerade`],
    },
  ];
}
