import type { Trouble } from '../network.ts';
import type { Prng } from '../prng.ts';
import type { World } from '../world.ts';
import type { Begun, FaultKind } from './fault.ts';

const SECOND = 1000;
const MINUTE = 60_000;

/** Two that talk to each other, by their names on the network. */
function somePair(world: World, rng: Prng): [string, string] {
  const site = rng.pick(world.scene.sites);
  const vantage = rng.pick(world.scene.vantages);
  return rng.pick([
    [`a/${site}`, `s/${site}`],
    [`a/${site}`, `s/${site}`],
    ['fleet', `s/${site}`],
    ['fleet', `v/${vantage}`],
  ]);
}

function spoiled(world: World, links: readonly [string, string][], trouble: Partial<Trouble>, says: string): Begun {
  const mends = links.map(([from, to]) => world.net.spoil(from, to, trouble));
  const end = (): void => {
    for (const mend of mends) mend();
  };
  return { says, end };
}

/** What happens to messages. */
export const BAD_MESSAGES: readonly FaultKind[] = [
  {
    kind: 'partition',
    often: 4,
    forMs: [2 * SECOND, 20 * MINUTE],
    begin: (world, rng) => {
      const [a, b] = somePair(world, rng);
      const links: [string, string][] = [
        [a, b],
        [b, a],
      ];
      return spoiled(world, links, { cut: true }, `${a} and ${b} do not hear each other`);
    },
  },
  {
    kind: 'half-partition',
    often: 4,
    forMs: [2 * SECOND, 20 * MINUTE],
    begin: (world, rng) => {
      const pair = somePair(world, rng);
      const [from, to] = rng.chance(0.5) ? pair : [pair[1], pair[0]];
      return spoiled(world, [[from, to]], { cut: true }, `${to} does not hear ${from}`);
    },
  },
  {
    kind: 'lossy-messages',
    often: 4,
    forMs: [5 * SECOND, 30 * MINUTE],
    begin: (world, rng) => {
      const [a, b] = somePair(world, rng);
      const trouble = { loss: rng.next() * 0.6, double: rng.next() * 0.4, delayMs: rng.span(100, 20 * SECOND) };
      const links: [string, string][] = [
        [a, b],
        [b, a],
      ];
      return spoiled(world, links, trouble, `messages between ${a} and ${b} are lost, doubled and late`);
    },
  },
  {
    kind: 'site-alone',
    often: 2,
    forMs: [MINUTE, 30 * MINUTE],
    begin: (world, rng) => {
      const site = rng.pick(world.scene.sites);
      const links: [string, string][] = [
        [`a/${site}`, `s/${site}`],
        [`s/${site}`, `a/${site}`],
        ['fleet', `s/${site}`],
        [`s/${site}`, 'fleet'],
      ];
      return spoiled(world, links, { cut: true }, `the object of ${site} is cut off`);
    },
  },
];
