import { A, B, fleet } from '../fleet.ts';
import {
  becomes,
  carries,
  cuts,
  directives,
  drains,
  moves,
  nothingMoves,
  returnStartsAfter,
  returnsInStages,
  startsOn,
} from '../promises.ts';
import type { Trace } from '../trace.ts';
import {
  agentBack,
  agentSilent,
  type Change,
  dies,
  outsideDown,
  outsideUp,
  pathDies,
  pathReturns,
  returns,
  type Story,
  says,
} from '../world.ts';

const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const TEN = { a: 10, b: 90 };
const HALF = { a: 50, b: 50 };
const end: Change = says({ type: 'end' });

/** The way back: after a hold-down, in stages, and away at once when it goes wrong. */
const clean: Story = [
  [121.234, dies('a')],
  [241.234, returns('a')],
];

/** Dies and returns `times` times: 30 s dead, then well for `wellS`. */
function flaps(times: number, wellS: number): Story {
  return Array.from({ length: times }, (_, n) => 100.234 + n * (30 + wellS)).flatMap(
    (t): Story => [
      [t, dies('a')],
      [t + 30, returns('a')],
    ],
  );
}

/** INTERFACE: preempt_delay × 2^(penalty ÷ 1000 − 1), where each flap adds 1000 and half of the penalty is gone after 5 minutes; in seconds. */
function holdDownS(flapsAtS: readonly number[], recoveredS: number): number {
  const penalty = flapsAtS.reduce((sum, flapS) => sum + 1000 * 2 ** ((flapS - recoveredS) / 300), 0);
  return 60 * 2 ** (penalty / 1000 - 1);
}

export const FAILBACKS: Trace[] = [
  {
    name: 'clean-recovery',
    story: clean,
    endS: 900,
    promises: [
      startsOn(ON_A),
      cuts(121.834, 122.834, ON_B),
      becomes('a', 'up', 248, 262),
      nothingMoves(123, 301.2),
      returnsInStages(241, 601, [TEN, HALF, ON_A]),
      moves(241, 601, TEN, { blame: ['preempt', 'stage'] }),
      directives(5, 0),
    ],
  },
  {
    name: 'preempt-off',
    fleet: fleet({ site: { preempt: false } }),
    story: clean,
    endS: 1500,
    promises: [startsOn(ON_A), cuts(121.834, 122.834, ON_B), directives(1, 31)],
  },
  {
    name: 'preempt-off-and-the-standby-dies',
    fleet: fleet({ site: { preempt: false } }),
    story: [...clean, [601.234, dies('b')]],
    endS: 900,
    promises: [nothingMoves(123, 601.8), cuts(601.834, 602.834, ON_A), directives(2, 31)],
  },
  {
    name: 'equal-priorities',
    fleet: fleet({ servers: [{ ...A, priority: 100 }, B] }),
    story: [
      [121.234, dies('a')],
      [241.234, returns('a')],
    ],
    endS: 1500,
    promises: [startsOn(ON_A), cuts(121.834, 122.834, ON_B), directives(1, 31)],
  },
  {
    name: 'no-delay-no-soak-one-stage',
    fleet: fleet({ site: { preempt_delay_s: 0, stage_soak_s: 0, failback_stages: [100] } }),
    story: clean,
    endS: 600,
    promises: [cuts(121.834, 122.834, ON_B), returnsInStages(241, 260, [ON_A])],
  },
  {
    name: 'other-stages',
    fleet: fleet({ site: { failback_stages: [25, 100], stage_soak_s: 30, preempt_delay_s: 120 } }),
    story: clean,
    endS: 900,
    promises: [cuts(121.834, 122.834, ON_B), nothingMoves(123, 361.2), returnsInStages(241, 600, [{ a: 25, b: 75 }, ON_A], 30)],
  },
  {
    name: 'standby-dies-in-the-hold-down',
    story: [...clean, [271.234, dies('b')]],
    endS: 600,
    promises: [nothingMoves(123, 271.8), cuts(271.834, 272.834, ON_A), carries(600, ON_A)],
  },
  {
    name: 'dies-again-in-the-hold-down',
    story: [...clean, [271.234, dies('a')], [331.234, returns('a')]],
    endS: 1500,
    promises: [nothingMoves(123, 391.2), returnsInStages(332, 800, [TEN, HALF, ON_A])],
  },
  {
    name: 'regression-in-the-first-stage',
    story: [...clean, [331.234, dies('a')]],
    endS: 700,
    promises: [drains(301.2, 330, TEN), cuts(331.834, 332.834, ON_B), directives(3, 31)],
  },
  {
    name: 'regression-in-the-second-stage',
    story: [...clean, [391.234, dies('a')]],
    endS: 700,
    promises: [drains(361, 390, HALF), cuts(391.834, 392.834, ON_B), directives(4, 31)],
  },
  {
    name: 'regression-of-the-path-in-the-first-stage',
    story: [...clean, [331.234, pathDies('a')]],
    endS: 700,
    promises: [drains(301.2, 330, TEN), cuts(331.834, 332.834, ON_B), directives(3, 31)],
  },
  {
    name: 'regression-outside-in-the-second-stage',
    story: [...clean, [391.234, outsideDown('a')]],
    endS: 700,
    promises: [drains(361, 390, HALF), moves(391.3, 408, ON_B), directives(4, 31)],
  },
  {
    name: 'regression-then-a-longer-way-back',
    story: [...clean, [331.234, dies('a')], [361.234, returns('a')]],
    endS: 1500,
    promises: [cuts(331.834, 332.834, ON_B), returnStartsAfter(361.234, 61, 200), carries(1500, ON_A)],
  },
  {
    name: 'standby-dies-in-the-first-stage',
    story: [...clean, [331.234, dies('b')]],
    endS: 700,
    promises: [drains(301.2, 330, TEN), cuts(331.834, 332.834, ON_A), directives(3, 31)],
  },
  {
    name: 'uplink-dies-in-the-first-stage',
    story: [...clean, [331.234, pathDies('a'), pathDies('b')], [351.234, pathReturns('a'), pathReturns('b')]],
    endS: 900,
    promises: [drains(301.2, 330, TEN), nothingMoves(331.2, 351.2), carries(900, ON_A)],
  },
  {
    name: 'flapper',
    story: flaps(6, 100),
    endS: 2400,
    promises: [cuts(100.834, 101.834, ON_B), returnStartsAfter(780.234, 120, 910), carries(2400, ON_A)],
  },
  {
    name: 'flapper-capped',
    story: flaps(20, 40),
    endS: 3600,
    promises: [cuts(100.834, 101.834, ON_B), nothingMoves(600, 2300), returnStartsAfter(1460.234, 880, 925), carries(3600, ON_A)],
  },
  {
    name: 'end-lets-timers-fire',
    story: [...clean, [300, end]],
    edit: (lines) => [...lines.filter(({ t, type }) => t <= 300_000 && type !== 'end'), { t: 320_000, type: 'end' }],
    endS: 301,
    promises: [drains(301, 320, TEN)],
  },
  {
    name: 'path-flaps-too',
    story: [
      [121.234, pathDies('a')],
      [131.234, pathReturns('a')],
      [141.234, pathDies('a')],
      [151.234, pathReturns('a')],
    ],
    endS: 900,
    promises: [
      cuts(121.834, 122.834, ON_B),
      returnStartsAfter(151.434, holdDownS([121.834, 141.834], 151.434) - 0.01, holdDownS([121.834, 141.834], 151.434) + 0.01),
      carries(900, ON_A),
    ],
  },
  {
    name: 'up-outside-with-a-dead-path',
    story: [
      [121.234, dies('a')],
      [241.234, outsideUp('a')],
    ],
    endS: 900,
    promises: [cuts(121.834, 122.834, ON_B), directives(1, 31)],
  },
  {
    name: 'alive-inside-but-down-outside',
    story: [
      [121.234, dies('a')],
      [241.234, pathReturns('a')],
    ],
    endS: 900,
    promises: [cuts(121.834, 122.834, ON_B), directives(1, 31)],
  },
  {
    name: 'returns-while-the-router-is-silent',
    story: [
      [121.234, dies('a')],
      [151.234, agentSilent],
      [401.234, returns('a')],
      [801.234, agentBack],
    ],
    endS: 1200,
    promises: [cuts(121.834, 122.834, ON_B), nothingMoves(123, 861.2), returnsInStages(801, 990, [TEN, HALF, ON_A])],
  },
  {
    name: 'damping-by-the-fleet-file',
    fleet: fleet({ site: { damping: { half_life_s: 3600, max_s: 100 } } }),
    story: flaps(4, 40),
    endS: 900,
    promises: [cuts(100.834, 101.834, ON_B), nothingMoves(102, 440.2), returnStartsAfter(340.234, 99, 125)],
  },
];
