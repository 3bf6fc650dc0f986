import { A, B, fleet } from '../fleet.ts';
import { becomes, cuts, directives, holds, neverBecomes, neverBecomesAfter, nothingMoves, startsOn } from '../promises.ts';
import type { Trace } from '../trace.ts';
import { dies, outsideDown, outsideUp, pathDies, type Sight, vantage } from '../world.ts';

const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const neitherDown = [neverBecomes('a', 'down'), neverBecomes('b', 'down')];
const all = (sight: Sight) => ['weur', 'enam', 'apac'].map((id) => vantage(id, sight));

const TWO_CHECKS = [
  { kind: 'tls' as const, port: 65500 },
  { kind: 'tcp' as const, port: 22, critical: false },
];
const TWO_CRITICAL = [
  { kind: 'tls' as const, port: 65500 },
  { kind: 'tcp' as const, port: 443 },
];

/** One vantage in trouble. */
const one = (sight: Sight): Trace => ({
  name: `one-vantage-${sight}`,
  story: [
    [121.234, vantage('enam', sight)],
    [301.234, vantage('enam', 'sees')],
  ],
  endS: 420,
  promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown, neverBecomes('a', 'unknown'), neverBecomes('b', 'unknown')],
});

/** The observers themselves: wrong, blind, late, silent, split. */
export const VANTAGES: Trace[] = [
  ...(['blind', 'mute', 'late', 'liesDown', 'liesUp'] as const).map(one),
  ...(['blind', 'mute', 'late', 'liesUp'] as const).map(
    (sight): Trace => ({
      name: `one-vantage-${sight}-while-the-active-dies`,
      story: [
        [91.234, vantage('enam', sight)],
        [151.234, dies('a')],
      ],
      endS: 420,
      promises: [cuts(151.834, 152.834, ON_B), directives(1, 31), becomes('a', 'down', 151.3, 169), neverBecomes('b', 'down')],
    }),
  ),
  {
    name: 'two-vantages-blind',
    story: [
      [91.234, vantage('enam', 'blind'), vantage('apac', 'blind')],
      [181.234, outsideDown('a')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), becomes('a', 'down', 181.3, 198), neverBecomes('b', 'down')],
  },
  {
    name: 'two-vantages-late',
    fleet: fleet({ site: { trust_outside: true } }),
    story: [[121.234, vantage('enam', 'late'), vantage('apac', 'late')]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown],
  },
  {
    name: 'a-single-answer',
    story: [
      [121.234, outsideDown('a')],
      [243.2, outsideUp('a')],
      [243.5, outsideDown('a')],
      [246.5, outsideUp('a')],
      [246.9, outsideDown('a')],
    ],
    endS: 420,
    promises: [nothingMoves(31), becomes('a', 'down', 121.3, 137), neverBecomesAfter('a', 'up', 31)],
  },
  {
    name: 'two-vantages-say-down',
    story: [
      [91.234, vantage('enam', 'liesDown')],
      [121.234, outsideDown('a')],
    ],
    endS: 420,
    promises: [nothingMoves(31), becomes('a', 'down', 121, 137)],
  },
  {
    name: 'all-blind',
    story: [
      [121.234, ...all('blind')],
      [301.234, ...all('sees')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown],
  },
  {
    name: 'all-mute',
    story: [
      [121.234, ...all('mute')],
      [301.234, ...all('sees')],
    ],
    endS: 420,
    promises: [
      ...[startsOn(ON_A), nothingMoves(31), ...neitherDown],
      ...[becomes('a', 'unknown', 150, 155), becomes('b', 'unknown', 150, 155), becomes('a', 'up', 301, 320)],
    ],
  },
  {
    name: 'two-vantages-tie',
    fleet: fleet({ vantages: ['weur', 'enam'] }),
    story: [
      [121.234, vantage('enam', 'liesDown')],
      [301.234, vantage('enam', 'sees')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown],
  },
  {
    name: 'four-vantages-tie',
    fleet: fleet({ vantages: ['weur', 'enam', 'apac', 'oc'], site: { trust_outside: true } }),
    story: [[121.234, vantage('enam', 'liesDown'), vantage('oc', 'liesDown')]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown],
  },
  {
    name: 'four-vantages-three-to-one',
    fleet: fleet({ vantages: ['weur', 'enam', 'apac', 'oc'], site: { trust_outside: true } }),
    story: [
      [91.234, vantage('weur', 'liesUp')],
      [121.234, outsideDown('a')],
    ],
    endS: 420,
    promises: [cuts(123, 140, ON_B), directives(1, 31)],
  },
  {
    name: 'a-tie-keeps-down-down',
    fleet: fleet({ vantages: ['weur', 'enam'] }),
    story: [
      [61.234, outsideDown('a')],
      [121.234, vantage('enam', 'liesUp')],
    ],
    endS: 420,
    promises: [nothingMoves(31), becomes('a', 'down', 61, 78), { ...neverBecomes('b', 'down') }, holds('outside-only', 61, 78)],
  },
  {
    name: 'no-witness-lines',
    story: [[121.234, dies('a')]],
    edit: (lines) => lines.filter(({ type }) => type !== 'witness'),
    endS: 300,
    promises: [cuts(121.834, 122.834, ON_B), becomes('a', 'down', 121.3, 137), neverBecomes('b', 'down')],
  },
  {
    name: 'all-witnesses-fail-though-servers-answer',
    story: [[181.234, pathDies('a')]],
    edit: (lines) => lines.map((line) => (line.type === 'witness' && line.t > 100_000 ? { ...line, ok: false } : line)),
    endS: 300,
    promises: [nothingMoves(31, 181.8), cuts(181.834, 182.834, ON_B, 'path-down'), ...neitherDown],
  },
  {
    name: 'one-vantage-alone',
    fleet: fleet({ vantages: ['weur'] }),
    story: [[121.234, dies('a')]],
    endS: 300,
    promises: [cuts(121.834, 122.834, ON_B), becomes('a', 'down', 121, 137)],
  },
  {
    name: 'a-single-timeout',
    story: [
      [119.5, outsideDown('a')],
      [121, outsideUp('a')],
    ],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown],
  },
  {
    name: 'check-not-critical-fails',
    fleet: fleet({ servers: [{ ...A, check: TWO_CHECKS }, B], site: { trust_outside: true } }),
    story: [[121.234, outsideDown('a#1')]],
    endS: 300,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown],
  },
  {
    name: 'check-critical-fails',
    fleet: fleet({ servers: [{ ...A, check: TWO_CRITICAL }, B], site: { trust_outside: true } }),
    story: [[121.234, outsideDown('a#1')]],
    endS: 300,
    promises: [startsOn(ON_A), cuts(123, 137, ON_B), becomes('a', 'down', 121, 137)],
  },
  {
    name: 'blind-and-the-path-dies',
    story: [
      [91.234, ...all('blind')],
      [151.234, pathDies('a')],
    ],
    endS: 300,
    promises: [nothingMoves(31, 151.8), cuts(151.834, 152.834, ON_B, 'path-down'), directives(1, 31)],
  },
  {
    name: 'blind-monitor-and-silent-router',
    fleet: fleet({ site: { trust_outside: true } }),
    story: [[91.234, ...all('blind'), (world) => (world.agent = false)]],
    endS: 500,
    promises: [nothingMoves(31), ...neitherDown],
  },
];
