import { A, B, C, fleet } from '../fleet.ts';
import {
  becomes,
  carries,
  carriesNothing,
  cuts,
  directives,
  holds,
  moves,
  neverBecomes,
  nothingMoves,
  returnsInStages,
  startsOn,
} from '../promises.ts';
import type { Trace } from '../trace.ts';
import { dies, outsideDown, pathDies, pathReturns, returns } from '../world.ts';

const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const STAGES = [{ a: 10, b: 90 }, { a: 50, b: 50 }, ON_A];
const three = fleet({ servers: [A, B, C] });

/** Something dies, and traffic must leave it. */
export const FAILURES: Trace[] = [
  {
    name: 'clean-failure',
    story: [[121.234, dies('a')]],
    endS: 420,
    promises: [
      startsOn(ON_A),
      directives(1, 121.2),
      cuts(121.834, 122.834, ON_B, 'server-down', 'path-down'),
      becomes('a', 'down', 121.3, 136.3),
      neverBecomes('b', 'down'),
    ],
  },
  {
    name: 'path-only',
    story: [
      [121.234, pathDies('a')],
      [241.234, pathReturns('a')],
    ],
    endS: 900,
    promises: [
      startsOn(ON_A),
      cuts(121.834, 122.834, ON_B, 'path-down'),
      neverBecomes('a', 'down'),
      nothingMoves(123, 301.2),
      returnsInStages(241, 601, STAGES),
    ],
  },
  {
    name: 'path-of-standby',
    story: [[121.234, pathDies('b')]],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'standby-dies',
    story: [[121.234, dies('b')]],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31), becomes('b', 'down', 121.3, 136.3), neverBecomes('a', 'down')],
  },
  {
    name: 'two-wans-one-dead',
    wans: ['wan1', 'wan2'],
    story: [[121.234, pathDies('a@wan1')]],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'two-wans-both-dead-to-the-active',
    wans: ['wan1', 'wan2'],
    story: [
      [121.234, pathDies('a@wan1')],
      [151.234, pathDies('a@wan2')],
    ],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31, 151.8), cuts(151.834, 152.834, ON_B, 'path-down'), directives(1, 31)],
  },
  {
    name: 'two-wans-one-dead-to-everything',
    wans: ['wan1', 'wan2'],
    story: [[121.234, pathDies('a@wan1'), pathDies('b@wan1')]],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'outside-first-then-inside',
    story: [
      [121.234, outsideDown('a')],
      [151.234, pathDies('a')],
    ],
    endS: 300,
    promises: [startsOn(ON_A), holds('outside-only', 123, 137), cuts(151.834, 152.834, ON_B, 'server-down'), directives(1, 31)],
  },
  {
    name: 'both-dead-and-the-standby-returns',
    story: [
      [121.234, dies('b')],
      [181.234, dies('a')],
      [301.234, returns('b')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31, 301.4), holds('uplink-down', 181.2, 183.8), cuts(301.434, 312, ON_B), directives(1, 31)],
  },
  {
    name: 'three-servers-one-after-the-other',
    fleet: three,
    story: [
      [121.234, dies('a')],
      [181.234, dies('b')],
    ],
    endS: 420,
    promises: [
      startsOn({ a: 100, b: 0, c: 0 }),
      cuts(121.834, 122.834, { a: 0, b: 100, c: 0 }),
      cuts(181.834, 182.834, { a: 0, b: 0, c: 100 }),
      directives(2, 31),
      neverBecomes('c', 'down'),
    ],
  },
  {
    name: 'three-servers-two-at-once',
    fleet: three,
    story: [[121.234, dies('a'), dies('b')]],
    endS: 420,
    promises: [startsOn({ a: 100, b: 0, c: 0 }), cuts(121.834, 122.834, { a: 0, b: 0, c: 100 }), directives(1, 31)],
  },
  {
    name: 'three-servers-the-middle-returns',
    fleet: three,
    story: [
      [121.234, dies('a'), dies('b')],
      [241.234, returns('b')],
    ],
    endS: 700,
    promises: [
      cuts(121.834, 122.834, { a: 0, b: 0, c: 100 }),
      returnsInStages(241, 601, [
        { a: 0, b: 10, c: 90 },
        { a: 0, b: 50, c: 50 },
        { a: 0, b: 100, c: 0 },
      ]),
    ],
  },
  {
    name: 'three-servers-both-return',
    fleet: three,
    story: [
      [121.234, dies('a'), dies('b')],
      [241.234, returns('a'), returns('b')],
    ],
    endS: 1200,
    promises: [cuts(121.834, 122.834, { a: 0, b: 0, c: 100 }), carries(1200, { a: 100, b: 0, c: 0 })],
  },
  {
    name: 'target-not-proven',
    story: [[121.234, dies('a')]],
    edit: (lines) => lines.filter(({ t, type, server }) => !(type === 'path' && server === 'b' && t > 115_000 && t < 130_000)),
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31, 129.9), cuts(130, 130.1, ON_B), directives(1, 31)],
  },
  {
    name: 'target-dead-inside-though-up-outside',
    fleet: three,
    story: [
      [91.234, pathDies('b')],
      [121.234, dies('a')],
    ],
    endS: 300,
    promises: [startsOn({ a: 100, b: 0, c: 0 }), cuts(121.834, 122.834, { a: 0, b: 0, c: 100 }), carriesNothing('b', 31)],
  },
  {
    name: 'target-down-outside-though-alive-inside',
    fleet: three,
    story: [
      [91.234, outsideDown('b')],
      [121.234, dies('a')],
    ],
    endS: 300,
    promises: [moves(121.834, 122.834, { a: 0, b: 0, c: 100 }, { mode: 'cut' })],
  },
  {
    name: 'reset-right-after-a-failure',
    story: [
      [121.234, dies('a')],
      [122.534, returns('a')],
    ],
    endS: 600,
    promises: [cuts(121.834, 122.834, ON_B), nothingMoves(123, 182.5), returnsInStages(122.9, 490, STAGES)],
  },
];
