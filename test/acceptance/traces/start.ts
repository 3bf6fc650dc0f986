import { A, B, fleet } from '../fleet.ts';
import { becomes, carriesNothing, directives, drains, moves, nothingMoves, startsOn } from '../promises.ts';
import type { Trace } from '../trace.ts';
import type { Line } from '../world.ts';
import { agentBack, agentSilent, dies, outsideUp, pathReturns, returns, says, vantage } from '../world.ts';

const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const withoutA = (untilMs: number) => (lines: Line[]) => lines.filter(({ t, server }) => server !== 'a' || t >= untilMs);
const keep = fleet({ site: { preempt: false } });

/** Cold starts. */
export const STARTS: Trace[] = [
  {
    name: 'cold-start',
    story: [],
    endS: 200,
    promises: [moves(0, 30, ON_A, { blame: ['none'] }), directives(1, 0), becomes('a', 'up', 0, 11), becomes('b', 'up', 0, 11)],
  },
  {
    name: 'cold-start-the-highest-down',
    story: [[0, dies('a')]],
    endS: 300,
    promises: [moves(0, 30, ON_B, { blame: ['none'] }), directives(1, 0), becomes('a', 'down', 0, 30)],
  },
  {
    name: 'cold-start-the-highest-unknown',
    story: [],
    edit: withoutA(Number.MAX_SAFE_INTEGER),
    endS: 200,
    promises: [moves(30, 30, ON_B, { blame: ['none'] }), directives(1, 0)],
  },
  {
    name: 'cold-start-the-highest-comes-later',
    story: [],
    edit: withoutA(15_000),
    endS: 200,
    promises: [moves(15, 30, ON_A, { blame: ['none'] }), directives(1, 0)],
  },
  {
    name: 'cold-start-without-preempt-the-highest-unknown',
    fleet: keep,
    story: [],
    edit: withoutA(Number.MAX_SAFE_INTEGER),
    endS: 200,
    promises: [moves(30, 30, ON_B, { blame: ['none'] }), directives(1, 0)],
  },
  {
    name: 'cold-start-without-preempt-the-highest-comes-later',
    fleet: keep,
    story: [],
    edit: withoutA(25_000),
    endS: 200,
    promises: [moves(25, 30, ON_A, { blame: ['none'] }), directives(1, 0)],
  },
  {
    name: 'cold-start-without-preempt-the-highest-down',
    fleet: keep,
    story: [
      [0, dies('a')],
      [121.234, returns('a')],
    ],
    endS: 900,
    promises: [moves(0, 30, ON_B, { blame: ['none'] }), directives(1, 0)],
  },
  {
    name: 'cold-start-and-the-highest-returns',
    story: [
      [0, dies('a')],
      [121.234, returns('a')],
    ],
    endS: 900,
    promises: [moves(0, 30, ON_B), nothingMoves(31, 181.2), drains(181.2, 201, { a: 10, b: 90 }), directives(4, 0)],
  },
  {
    name: 'cold-start-everything-down',
    story: [
      [0, dies('a'), dies('b')],
      [121.234, returns('b')],
    ],
    endS: 300,
    promises: [moves(30, 140, ON_B), carriesNothing('a', 121.2)],
  },
  {
    name: 'cold-start-the-router-comes-later',
    story: [
      [0, agentSilent],
      [61.234, agentBack],
    ],
    endS: 300,
    promises: [startsOn(ON_A), directives(1, 0)],
  },
  {
    name: 'cold-start-the-path-of-the-highest-is-dead',
    story: [
      [0, (world) => world.inside.add('a')],
      [121.234, pathReturns('a')],
    ],
    endS: 600,
    promises: [moves(0, 30, ON_B, { blame: ['none'] }), nothingMoves(31, 181.2), drains(181.2, 195, { a: 10, b: 90 })],
  },
  {
    name: 'cold-start-all-mute',
    story: [[0, vantage('weur', 'mute'), vantage('enam', 'mute'), vantage('apac', 'mute')]],
    endS: 200,
    promises: [directives(1, 0), moves(0, 30, ON_A, { blame: ['none'] })],
  },
  {
    name: 'cold-start-of-one-server',
    fleet: fleet({ servers: [A] }),
    story: [
      [121.234, dies('a')],
      [181.234, returns('a')],
    ],
    endS: 400,
    promises: [moves(0, 30, { a: 100 }, { blame: ['none'] }), directives(1, 0)],
  },
  {
    name: 'cold-start-equal-priorities',
    fleet: fleet({ servers: [{ ...A, priority: 100 }, B] }),
    story: [
      [0, says({ type: 'witness', vantage: 'weur', ok: true })],
      [50, outsideUp('a')],
    ],
    endS: 200,
    promises: [moves(0, 30, ON_A, { blame: ['none'] }), directives(1, 0)],
  },
];
