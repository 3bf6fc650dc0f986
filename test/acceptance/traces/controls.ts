import { A, B, C, fleet } from '../fleet.ts';
import {
  becomes,
  carries,
  carriesNothing,
  cuts,
  directives,
  drains,
  epochAbove,
  holds,
  moves,
  nothingMoves,
  returnsInStages,
  startsOn,
} from '../promises.ts';
import type { Trace } from '../trace.ts';
import {
  agentSilent,
  applied,
  dies,
  drill,
  maintenance,
  outsideDown,
  pathDies,
  pathReturns,
  pin,
  quality,
  resign,
  returns,
  unpin,
} from '../world.ts';

const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const TEN = { a: 10, b: 90 };
const STAGES = [TEN, { a: 50, b: 50 }, ON_A];
const three = fleet({ servers: [A, B, C] });

/** What people and servers say: pin, maintenance, drill, resign. */
export const CONTROLS: Trace[] = [
  {
    name: 'pin-and-unpin',
    story: [
      [121.234, pin('b')],
      [241.234, unpin()],
    ],
    endS: 600,
    promises: [
      startsOn(ON_A),
      drains(121.234, 121.3, ON_B, 'pin'),
      nothingMoves(121.4, 241.2),
      drains(241.2, 243, TEN),
      returnsInStages(241.2, 370, STAGES),
    ],
  },
  {
    name: 'pin-until',
    story: [[121.234, pin('b', 300)]],
    endS: 600,
    promises: [drains(121.234, 121.3, ON_B, 'pin'), drains(300, 302, TEN), returnsInStages(299, 430, STAGES)],
  },
  {
    name: 'pin-to-a-dead-server',
    story: [
      [61.234, dies('b')],
      [121.234, pin('b')],
    ],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31), holds('pin', 121, 122)],
  },
  {
    name: 'pin-to-a-server-with-a-dead-path',
    story: [
      [61.234, pathDies('b')],
      [121.234, pin('b')],
    ],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31), holds('pin', 121, 122)],
  },
  {
    name: 'pin-target-dies',
    story: [
      [121.234, pin('b')],
      [181.234, dies('b')],
    ],
    endS: 400,
    promises: [drains(121.234, 121.3, ON_B, 'pin'), cuts(181.834, 182.834, ON_A), directives(2, 31)],
  },
  {
    name: 'pin-to-the-active',
    story: [
      [121.234, pin('a')],
      [181.234, dies('a')],
    ],
    endS: 400,
    promises: [nothingMoves(31, 181.8), cuts(181.834, 182.834, ON_B), directives(1, 31)],
  },
  {
    name: 'pin-while-the-preferred-dies-and-returns',
    story: [
      [121.234, pin('b')],
      [181.234, dies('a')],
      [241.234, returns('a')],
    ],
    endS: 900,
    promises: [drains(121.234, 121.3, ON_B, 'pin'), directives(1, 31)],
  },
  {
    name: 'pin-of-three-and-unpin',
    fleet: three,
    story: [
      [121.234, pin('c')],
      [241.234, unpin()],
    ],
    endS: 600,
    promises: [
      drains(121.234, 121.3, { a: 0, b: 0, c: 100 }, 'pin'),
      returnsInStages(241.2, 370, [
        { a: 10, b: 0, c: 90 },
        { a: 50, b: 0, c: 50 },
        { a: 100, b: 0, c: 0 },
      ]),
    ],
  },
  {
    name: 'pin-with-the-outside-down',
    story: [
      [61.234, outsideDown('b')],
      [121.234, pin('b')],
    ],
    endS: 300,
    promises: [startsOn(ON_A)],
  },
  {
    name: 'maintenance-until',
    story: [[121.234, maintenance('a', 300)]],
    endS: 600,
    promises: [
      drains(121.234, 121.3, ON_B, 'maintenance'),
      becomes('a', 'maintenance', 121, 122),
      nothingMoves(121.4, 299.9),
      drains(300, 312, TEN),
      returnsInStages(299, 445, STAGES),
      becomes('a', 'up', 300, 312),
    ],
  },
  {
    name: 'maintenance-without-end',
    story: [[121.234, maintenance('a')]],
    endS: 1500,
    promises: [drains(121.234, 121.3, ON_B, 'maintenance'), directives(1, 31)],
  },
  {
    name: 'maintenance-with-a-reboot',
    story: [
      [121.234, maintenance('a', 400)],
      [181.234, dies('a')],
      [241.234, returns('a')],
    ],
    endS: 900,
    promises: [drains(121.234, 121.3, ON_B, 'maintenance'), nothingMoves(121.4, 399.9), carries(900, ON_A)],
  },
  {
    name: 'maintenance-ends-while-dead',
    story: [
      [121.234, maintenance('a', 300)],
      [181.234, dies('a')],
      [401.234, returns('a')],
    ],
    endS: 900,
    promises: [drains(121.234, 121.3, ON_B, 'maintenance'), nothingMoves(121.4, 461.2), returnsInStages(401, 761, STAGES)],
  },
  {
    name: 'maintenance-of-the-standby',
    story: [[121.234, maintenance('b', 300)]],
    endS: 500,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'maintenance-and-the-standby-is-dead',
    story: [
      [61.234, dies('b')],
      [121.234, maintenance('a', 300)],
    ],
    endS: 500,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'maintenance-of-three-and-the-next-dies',
    fleet: three,
    story: [
      [121.234, maintenance('a', 900)],
      [181.234, dies('b')],
    ],
    endS: 600,
    promises: [drains(121.234, 121.3, { a: 0, b: 100, c: 0 }), cuts(181.834, 182.834, { a: 0, b: 0, c: 100 }), carriesNothing('a', 122)],
  },
  {
    name: 'drill',
    story: [[121.234, drill()]],
    endS: 900,
    promises: [drains(121.234, 121.3, ON_B, 'drill'), carries(900, ON_A), directives(4, 31)],
  },
  {
    name: 'drill-without-a-standby',
    story: [
      [61.234, dies('b')],
      [121.234, drill()],
    ],
    endS: 400,
    promises: [nothingMoves(31), holds('drill', 121, 122)],
  },
  {
    name: 'drill-without-an-agent',
    story: [
      [61.234, agentSilent],
      [301.234, drill()],
    ],
    endS: 500,
    promises: [nothingMoves(31), holds('drill', 301, 302)],
  },
  {
    name: 'drill-and-the-standby-dies',
    story: [
      [121.234, drill()],
      [131.234, dies('b')],
    ],
    endS: 400,
    promises: [drains(121.234, 121.3, ON_B, 'drill'), cuts(131.834, 132.834, ON_A), directives(2, 31)],
  },
  {
    name: 'drill-and-the-path-of-the-standby-dies',
    story: [
      [121.234, drill()],
      [131.234, pathDies('b')],
      [151.234, pathReturns('b')],
    ],
    endS: 900,
    promises: [drains(121.234, 121.3, ON_B, 'drill'), cuts(131.834, 132.834, ON_A), directives(2, 31)],
  },
  {
    name: 'drill-and-the-primary-dies',
    story: [
      [121.234, drill()],
      [131.234, dies('a')],
    ],
    endS: 600,
    promises: [drains(121.234, 121.3, ON_B, 'drill'), directives(1, 31)],
  },
  {
    name: 'resign',
    story: [
      [121.234, resign('a')],
      [123.234, dies('a')],
      [181.234, returns('a')],
    ],
    endS: 700,
    promises: [moves(121.234, 121.3, ON_B, { blame: ['resigned'] }), nothingMoves(121.4, 241.2), returnsInStages(181, 541, STAGES)],
  },
  {
    name: 'resign-of-three',
    fleet: three,
    story: [[121.234, resign('a')]],
    endS: 400,
    // Skew_Time = ((256 − 100) × 200 ms) / 256 = 121.875 ms: several could take over.
    promises: [moves(121.355, 121.357, { a: 0, b: 100, c: 0 }, { blame: ['resigned'] }), directives(1, 31)],
  },
  {
    name: 'resign-and-stay',
    story: [[121.234, resign('a')]],
    endS: 1200,
    promises: [moves(121.234, 121.3, ON_B, { blame: ['resigned'] }), nothingMoves(121.4, 721.2), returnsInStages(721, 921, STAGES)],
  },
  {
    name: 'resign-of-the-standby',
    story: [[121.234, resign('b')]],
    endS: 400,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'resign-of-the-only-one-left',
    story: [
      [61.234, dies('b')],
      [121.234, resign('a')],
    ],
    endS: 300,
    promises: [nothingMoves(31)],
  },
  {
    name: 'resign-while-the-router-is-silent',
    story: [
      [61.234, agentSilent],
      [301.234, resign('a')],
    ],
    endS: 500,
    promises: [moves(301.234, 301.3, ON_B, { blame: ['resigned'] }), directives(1, 31)],
  },
  {
    name: 'maintenance-undone',
    story: [
      [121.234, maintenance('a')],
      [241.234, maintenance('a', 241.234)],
    ],
    endS: 600,
    promises: [drains(121.234, 121.3, ON_B, 'maintenance'), becomes('a', 'up', 241.2, 242), returnsInStages(241, 370, STAGES)],
  },
  {
    name: 'maintenance-in-the-first-stage',
    story: [
      [61.234, dies('a')],
      [91.234, returns('a')],
      [181.234, maintenance('a', 300)],
    ],
    endS: 900,
    promises: [drains(151, 181, TEN), drains(181.234, 181.3, ON_B, 'maintenance'), returnsInStages(182, 430, STAGES)],
  },
  {
    name: 'pin-in-the-past',
    story: [[121.234, pin('b', 100)]],
    endS: 300,
    promises: [nothingMoves(31), holds('pin', 121, 122)],
  },
  {
    name: 'pin-to-a-server-in-maintenance',
    story: [
      [61.234, maintenance('b')],
      [121.234, pin('b')],
    ],
    endS: 300,
    promises: [nothingMoves(31), holds('pin', 121, 122)],
  },
  {
    name: 'drill-with-loss',
    story: [
      [121.234, drill()],
      [131.234, quality('b', { loss: 0.5 })],
    ],
    endS: 600,
    promises: [drains(121.234, 121.3, ON_B, 'drill'), drains(131.3, 133.3, ON_A, 'drill'), directives(2, 31)],
  },
  {
    name: 'drill-and-the-standby-is-down-outside',
    story: [
      [121.234, drill()],
      [131.234, outsideDown('b')],
    ],
    endS: 600,
    promises: [drains(121.234, 121.3, ON_B, 'drill'), moves(133, 147, ON_A), directives(2, 31)],
  },
  {
    name: 'applied-above',
    story: [
      [61.234, applied(41)],
      [121.234, dies('a')],
    ],
    endS: 300,
    promises: [cuts(121.834, 122.834, ON_B), epochAbove(41, 121)],
  },
];
