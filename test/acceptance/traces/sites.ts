import { A, B, C, fleet } from '../fleet.ts';
import { carries, cuts, directives, drains, holds, moves, nothingMoves, ofSite, returnsInStages, startsOn } from '../promises.ts';
import type { Trace } from '../trace.ts';
import { agentSilent, dies, maintenance, outsideDown, pathDies, pin, returns, type Story, unpin } from '../world.ts';

const weighted = fleet({ site: { policy: 'weighted' } });
const shares = fleet({
  servers: [
    { id: 'a', weight: 50 },
    { id: 'b', weight: 30 },
    { id: 'c', weight: 20 },
  ],
  site: { policy: 'weighted' },
});
const EVEN = { a: 50, b: 50 };
const HOUR: Story = [[3600.234, dies('a')]];

/** Active-active, several sites, and long silences. */
export const SITES: Trace[] = [
  {
    name: 'weighted-loss-and-return',
    fleet: weighted,
    story: [
      [121.234, dies('a')],
      [241.234, returns('a')],
    ],
    endS: 900,
    promises: [
      startsOn(EVEN),
      cuts(121.834, 122.834, { a: 0, b: 100 }),
      nothingMoves(123, 301.2),
      drains(301.2, 321, { a: 5, b: 95 }),
      drains(361, 390, { a: 25, b: 75 }),
      carries(900, EVEN),
      directives(4, 31),
    ],
  },
  {
    name: 'weighted-shares',
    fleet: shares,
    story: [[121.234, dies('a')]],
    endS: 300,
    promises: [startsOn({ a: 50, b: 30, c: 20 }), cuts(121.834, 122.834, { a: 0, b: 60, c: 40 }), directives(1, 31)],
  },
  {
    name: 'weighted-thirds',
    fleet: fleet({ servers: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], site: { policy: 'weighted' } }),
    story: [[121.234, dies('b')]],
    endS: 300,
    promises: [startsOn({ a: 34, b: 33, c: 33 }), cuts(121.834, 122.834, { a: 50, b: 0, c: 50 }), directives(1, 31)],
  },
  {
    name: 'weighted-two-of-three',
    fleet: shares,
    story: [
      [121.234, dies('a')],
      [151.234, dies('b')],
    ],
    endS: 300,
    promises: [cuts(121.834, 122.834, { a: 0, b: 60, c: 40 }), cuts(151.834, 152.834, { a: 0, b: 0, c: 100 }), directives(2, 31)],
  },
  {
    name: 'weighted-two-return-one-after-the-other',
    fleet: shares,
    story: [
      [121.234, dies('a'), dies('b')],
      [241.234, returns('a'), returns('b')],
    ],
    endS: 900,
    promises: [
      cuts(121.834, 122.834, { a: 0, b: 0, c: 100 }),
      returnsInStages(241, 800, [
        ...[
          { a: 7, b: 0, c: 93 },
          { a: 36, b: 0, c: 64 },
          { a: 71, b: 0, c: 29 },
        ],
        ...[
          { a: 69, b: 3, c: 28 },
          { a: 61, b: 15, c: 24 },
          { a: 50, b: 30, c: 20 },
        ],
      ]),
    ],
  },
  {
    name: 'weighted-pin',
    fleet: weighted,
    story: [
      [121.234, pin('b')],
      [241.234, unpin()],
    ],
    endS: 600,
    promises: [drains(121.234, 121.3, { a: 0, b: 100 }, 'pin'), returnsInStages(241.2, 370, [{ a: 5, b: 95 }, { a: 25, b: 75 }, EVEN])],
  },
  {
    name: 'weighted-outside-only',
    fleet: weighted,
    story: [[121.234, outsideDown('a')]],
    endS: 300,
    promises: [startsOn(EVEN), nothingMoves(31), holds('outside-only', 123, 137)],
  },
  {
    name: 'weighted-all-doubtful',
    fleet: weighted,
    story: [[121.234, outsideDown('a'), outsideDown('b')]],
    endS: 300,
    promises: [startsOn(EVEN), nothingMoves(31), holds('monitor-doubtful', 123, 137)],
  },
  {
    name: 'weighted-maintenance',
    fleet: weighted,
    story: [[121.234, maintenance('a', 240)]],
    endS: 600,
    promises: [drains(121.234, 121.3, { a: 0, b: 100 }, 'maintenance'), drains(240, 252, { a: 5, b: 95 }), carries(600, EVEN)],
  },
  {
    name: 'weighted-site-unseen',
    fleet: weighted,
    story: [
      [61.234, agentSilent],
      [301.234, dies('a')],
    ],
    endS: 600,
    promises: [startsOn(EVEN), cuts(303, 317, { a: 0, b: 100 }, 'site-unseen')],
  },
  {
    name: 'two-sites-one-server-dies',
    fleet: fleet({
      sites: [
        { id: 'home', servers: ['a', 'b'] },
        { id: 'office', servers: ['b', 'a'], policy: 'weighted' },
      ],
    }),
    story: [[121.234, dies('a')]],
    endS: 300,
    promises: [
      ofSite('home', startsOn({ a: 100, b: 0 })),
      ofSite('office', startsOn({ a: 50, b: 50 })),
      ofSite('home', cuts(121.834, 122.834, { a: 0, b: 100 })),
      ofSite('office', cuts(121.834, 122.834, { a: 0, b: 100 })),
    ],
  },
  {
    name: 'two-sites-one-uplink',
    fleet: fleet({
      sites: [
        { id: 'home', servers: ['a', 'b'] },
        { id: 'office', servers: ['a', 'b'], trust_outside: true },
      ],
    }),
    story: [
      [121.234, pathDies('home/a'), pathDies('home/b')],
      [181.234, outsideDown('a')],
    ],
    endS: 300,
    promises: [
      ofSite('home', nothingMoves(31)),
      ofSite('home', holds('uplink-down', 121.2, 123.8)),
      ofSite('office', nothingMoves(31, 181)),
      ofSite('office', cuts(183, 197, { a: 0, b: 100 })),
    ],
  },
  {
    name: 'two-sites-different-servers',
    fleet: fleet({
      servers: [A, B, C],
      sites: [
        { id: 'home', servers: ['a', 'b'] },
        { id: 'office', servers: ['b', 'c'] },
      ],
    }),
    story: [[121.234, dies('b')]],
    endS: 300,
    promises: [ofSite('home', nothingMoves(31)), ofSite('office', cuts(121.834, 122.834, { b: 0, c: 100 }))],
  },
  {
    name: 'an-hour-of-nothing',
    story: [],
    edit: (lines) => lines.map((line) => (line.t > 60_000 ? { ...line, t: line.t + 3_600_000 } : line)),
    endS: 120,
    promises: [startsOn({ a: 100, b: 0 }), nothingMoves(31), holds('site-offline', 60, 400), holds('none', 3660, 3675)],
  },
  {
    name: 'an-hour-of-health',
    story: HOUR,
    endS: 3700,
    promises: [nothingMoves(31, 3600), moves(3600.834, 3601.834, { a: 0, b: 100 }, { mode: 'cut' })],
  },
];
