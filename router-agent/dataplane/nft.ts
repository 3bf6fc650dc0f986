import { createHash } from 'node:crypto';
import { MARK_MASK, NFT_TABLE, TICKLE_DEVICE, TICKLE_PORT } from '../own.ts';
import type { Desired, Lane, Steering } from './model.ts';

const TABLE = `inet ${NFT_TABLE}`;
const MASK = hex(MARK_MASK);
const KEEP = hex(~MARK_MASK >>> 0);
/** Constant, so that a client keeps its exit when the table is replaced (without it the kernel draws a seed for each rule). */
const SEED = '0xfa57';
/** Neighbour discovery and redirects: marked, they would leave their link. */
const ND = 'meta l4proto ipv6-icmp icmpv6 type 133-137 return';

export interface Chain {
  name: string;
  hook?: string;
  rules: string[];
}

export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}

const viaChain = (mark: number) => `via_${mark}`;
const quoted = (devices: readonly string[]) => `{ ${devices.map((device) => `"${device}"`).join(', ')} }`;
const bits = (key: string, mark: number) => `${key} set ${key} and ${KEEP} or ${hex(mark)}`;

/**
 * The unchanging part of our table. A new flow from the LAN falls, by its client's address, into one of 100 buckets; the bucket's verdict
 * (`weights`) writes the mark into the connection and the packet. Packets of known flows follow their mark through `live`. Verdict maps
 * instead of mark maps, because only so the bits outside our mask survive.
 */
export function chainsOf({ lanes, lan, masquerade }: Omit<Desired, 'carry'>): Chain[] {
  const tunnels = quoted(lanes.map((lane) => lane.device));
  const unmarked = `ct state new ct mark and ${MASK} == 0`;
  return [
    ...lanes.map(({ mark }) => ({ name: viaChain(mark), rules: [bits('ct mark', mark), bits('meta mark', mark)] })),
    {
      name: 'lan',
      rules: [
        ND,
        'fib daddr type { local, broadcast, multicast, anycast } return',
        `meta l4proto tcp ct state established ct mark and ${MASK} == @dead reject with tcp reset`,
        `${unmarked} meta nfproto ipv4 jhash ip saddr mod 100 seed ${SEED} vmap @weights`,
        `${unmarked} meta nfproto ipv6 jhash ip6 saddr mod 100 seed ${SEED} vmap @weights`,
        `ct mark and ${MASK} vmap @live`,
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
      rules: [`iifname ${quoted(lan)} jump lan`, ...lanes.map((lane) => answersReturn(lane, unmarked))],
    },
    {
      name: 'forward',
      hook: 'type filter hook forward priority mangle; policy accept;',
      rules: [
        `iifname "${TICKLE_DEVICE}" oifname != ${quoted(lan)} drop`,
        `oifname ${tunnels} tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu`,
      ],
    },
    ...(masquerade
      ? [
          {
            name: 'postrouting',
            hook: 'type nat hook postrouting priority srcnat; policy accept;',
            rules: [`oifname ${tunnels} meta mark and ${MASK} != 0 masquerade`],
          },
        ]
      : []),
  ];
}

/** What comes in through a tunnel is answered through the same one. */
function answersReturn(lane: Lane, unmarked: string): string {
  return `iifname "${lane.device}" ${unmarked} ${bits('ct mark', lane.mark)}`;
}

/** Short and different for each unchanging part; the table carries it as the name of an empty chain. */
export function fingerprintOf(chains: readonly Chain[]): string {
  return createHash('sha256').update(JSON.stringify(chains)).digest('hex').slice(0, 12);
}

export const FINGERPRINT_PREFIX = 'made_from_';

/** One transaction that puts our whole table in the place of whatever it was. Marks of connections live elsewhere and stay. */
export function tableScript(desired: Omit<Desired, 'carry'>, steering: Steering): string {
  const chains = chainsOf(desired);
  const lines = [
    `table ${TABLE} { }`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    `  map weights { typeof numgen random mod 100 : verdict; flags interval; ${elementsOf(weightElements(steering))} }`,
    `  map live { type mark : verdict; ${elementsOf(liveElements(steering))} }`,
    `  set dead { type mark; ${elementsOf(steering.dead.map(hex))} }`,
    `  chain ${FINGERPRINT_PREFIX}${fingerprintOf(chains)} { }`,
    ...chains.flatMap((chain) => [
      `  chain ${chain.name} {`,
      ...[chain.hook ?? [], chain.rules].flat().map((line) => `    ${line}`),
      '  }',
    ]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** One transaction, on one line, that changes only what differs between two steerings; empty when nothing does. */
export function steeringScript(from: Steering, to: Steering): string {
  return [
    ...replaced('map', 'weights', weightElements(from), weightElements(to)),
    ...replaced('map', 'live', liveElements(from), liveElements(to)),
    ...replaced('set', 'dead', from.dead.map(hex), to.dead.map(hex)),
  ].join('; ');
}

function replaced(kind: string, name: string, from: string[], to: string[]): string[] {
  if (from.join() === to.join()) return [];
  const add = to.length === 0 ? [] : [`add element ${TABLE} ${name} { ${to.join(', ')} }`];
  return [`flush ${kind} ${TABLE} ${name}`, ...add];
}

const weightElements = ({ weights }: Steering) => weights.map(([from, to, mark]) => `${from}-${to} : goto ${viaChain(mark)}`);
const liveElements = ({ live }: Steering) => Object.entries(live).map(([mark, to]) => `${hex(Number(mark))} : goto ${viaChain(to)}`);
const elementsOf = (elements: string[]) => (elements.length === 0 ? '' : `elements = { ${elements.join(', ')} }`);

/** The maps that make a carry true. Buckets are filled in the order of the tunnels, so that a growing share keeps the clients it has. */
export function steeringOf({ lanes, carry }: Desired): Steering {
  let next = 0;
  const weights: Steering['weights'] = [];
  for (const { server, mark } of lanes) {
    const share = carry.weights[server] ?? 0;
    if (share > 0) weights.push([next, next + share - 1, mark]);
    next += share;
  }
  const markOf = (server: string) => lanes.find((lane) => lane.server === server)?.mark;
  const live = Object.fromEntries(lanes.map((lane) => [lane.mark, markOf(carry.live[lane.server] ?? lane.server) ?? lane.mark]));
  const dead = lanes.filter((lane) => carry.dead.includes(lane.server)).map((lane) => lane.mark);
  return { weights, live, dead: dead.sort((a, b) => a - b) };
}

export const viaMark = (chain: string): number | null => {
  const match = /^via_(\d+)$/.exec(chain);
  return match === null ? null : Number(match[1]);
};
