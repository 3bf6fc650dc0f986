import { createHash } from 'node:crypto';
import { NFT_TABLE } from '../own.ts';
import { type Chain, chainsOf, hex, viaChain } from './chains.ts';
import type { Desired, Layout, Steering } from './model.ts';

const TABLE = `inet ${NFT_TABLE}`;

/** Short and different for each unchanging part; the table carries it as the name of an empty chain. */
export function fingerprintOf(chains: readonly Chain[]): string {
  return createHash('sha256').update(JSON.stringify(chains)).digest('hex').slice(0, 12);
}

export const FINGERPRINT_PREFIX = 'made_from_';

/** One transaction that puts our whole table in the place of whatever it was. Marks of connections live elsewhere and stay. */
export function tableScript(layout: Layout, steering: Steering): string {
  const chains = chainsOf(layout);
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
