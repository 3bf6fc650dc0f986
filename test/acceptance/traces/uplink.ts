import { fleet } from '../fleet.ts';
import { carries, cuts, directives, drains, holds, neverBecomes, neverHolds, nothingMoves, startsOn } from '../promises.ts';
import type { Trace } from '../trace.ts';
import { agentBack, agentSilent, dies, outsideDown, outsideUp, pathDies, pathReturns, vantage } from '../world.ts';

const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const neitherDown = [neverBecomes('a', 'down'), neverBecomes('b', 'down')];

/** What is not the server's fault, or not surely: blame before action. */
export const BLAME: Trace[] = [
  {
    name: 'uplink-down',
    story: [
      [121.234, pathDies('a'), pathDies('b')],
      [241.234, pathReturns('a'), pathReturns('b')],
    ],
    endS: 600,
    promises: [startsOn(ON_A), nothingMoves(31), carries(600, ON_A), holds('uplink-down', 121.2, 123.8), ...neitherDown],
  },
  {
    name: 'uplink-down-while-the-active-is-down-outside',
    story: [
      [121.234, dies('a'), pathDies('b')],
      [241.234, pathReturns('b')],
    ],
    endS: 400,
    promises: [
      startsOn(ON_A),
      nothingMoves(31, 241.2),
      holds('uplink-down', 121.2, 123.8),
      cuts(241.434, 242.434, ON_B),
      directives(1, 31),
    ],
  },
  {
    name: 'uplink-returns-to-the-standby-first',
    story: [
      [121.234, pathDies('a'), pathDies('b')],
      [241.234, pathReturns('b')],
    ],
    endS: 400,
    promises: [startsOn(ON_A), nothingMoves(31, 241.2), cuts(241.434, 242.434, ON_B, 'path-down'), directives(1, 31)],
  },
  {
    name: 'outside-only',
    story: [[121.234, outsideDown('a')]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), holds('outside-only', 123, 137)],
  },
  {
    name: 'outside-only-and-over',
    story: [
      [121.234, outsideDown('a')],
      [241.234, outsideUp('a')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), holds('outside-only', 123, 137), holds('none', 241.2, 260)],
  },
  {
    name: 'outside-only-trusted',
    fleet: fleet({ site: { trust_outside: true } }),
    story: [[121.234, outsideDown('a')]],
    endS: 420,
    promises: [startsOn(ON_A), cuts(123, 137, ON_B, 'outside-only', 'server-down'), directives(1, 31)],
  },
  {
    name: 'monitor-doubtful',
    story: [[121.234, outsideDown('a'), outsideDown('b')]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), holds('monitor-doubtful', 123, 137)],
  },
  {
    name: 'monitor-doubtful-though-trusted',
    fleet: fleet({ site: { trust_outside: true } }),
    story: [[121.234, outsideDown('a'), outsideDown('b')]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), holds('monitor-doubtful', 123, 137)],
  },
  {
    name: 'monitor-doubtful-and-then-the-path-dies',
    story: [
      [121.234, outsideDown('a'), outsideDown('b')],
      [181.234, pathDies('a')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31, 181.8), cuts(181.834, 182.834, ON_B), directives(1, 31)],
  },
  {
    name: 'site-offline',
    story: [[121.234, agentSilent]],
    endS: 600,
    promises: [startsOn(ON_A), nothingMoves(31), holds('site-offline', 121, 306), ...neitherDown],
  },
  {
    name: 'site-offline-and-back',
    story: [
      [121.234, agentSilent],
      [421.234, agentBack],
    ],
    endS: 600,
    promises: [startsOn(ON_A), nothingMoves(31), holds('site-offline', 121, 306), holds('none', 421, 423)],
  },
  {
    name: 'site-unseen',
    story: [
      [61.234, agentSilent],
      [301.234, dies('a')],
    ],
    endS: 600,
    promises: [startsOn(ON_A), nothingMoves(31, 301.2), cuts(303, 317, ON_B, 'site-unseen'), directives(1, 31)],
  },
  {
    name: 'site-unseen-at-once',
    story: [[121.234, agentSilent, dies('a')]],
    endS: 600,
    promises: [startsOn(ON_A), cuts(123, 306, ON_B, 'site-unseen'), directives(1, 31)],
  },
  {
    name: 'site-unseen-and-the-agent-returns',
    story: [
      [61.234, agentSilent],
      [301.234, dies('a')],
      [401.234, agentBack],
    ],
    endS: 600,
    promises: [cuts(303, 317, ON_B, 'site-unseen'), carries(600, ON_B), directives(1, 31)],
  },
  {
    name: 'all-down-and-the-agent-silent',
    story: [
      [61.234, agentSilent],
      [301.234, dies('a'), dies('b')],
    ],
    endS: 600,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'agent-never-heard',
    story: [[0, agentSilent]],
    endS: 600,
    promises: [startsOn(ON_A), nothingMoves(31)],
  },
  {
    name: 'path-evidence-expires',
    fleet: fleet({ site: { lease_s: 30 } }),
    story: [[121.234, agentSilent]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), holds('site-offline', 150, 156)],
  },
  {
    name: 'one-vantage-says-down',
    story: [[121.234, vantage('apac', 'liesDown')]],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31), ...neitherDown, neverHolds('outside-only', 'monitor-doubtful')],
  },
  {
    name: 'cut-while-outside-unknown',
    story: [
      [91, vantage('weur', 'mute'), vantage('enam', 'mute'), vantage('apac', 'mute')],
      [181.234, pathDies('a')],
    ],
    endS: 420,
    promises: [startsOn(ON_A), nothingMoves(31, 181.8), cuts(181.834, 182.834, ON_B, 'path-down'), directives(1, 31)],
  },
  {
    name: 'weighted-uplink-down',
    fleet: fleet({ site: { policy: 'weighted' } }),
    story: [
      [121.234, pathDies('a'), pathDies('b')],
      [241.234, pathReturns('a'), pathReturns('b')],
    ],
    endS: 420,
    promises: [startsOn({ a: 50, b: 50 }), nothingMoves(31), holds('uplink-down', 121.2, 123.8)],
  },
  {
    name: 'weighted-path-of-one',
    fleet: fleet({ site: { policy: 'weighted' } }),
    story: [
      [121.234, pathDies('a')],
      [241.234, pathReturns('a')],
    ],
    endS: 900,
    promises: [cuts(121.834, 122.834, ON_B, 'path-down'), drains(301, 316, { a: 5, b: 95 }), carries(900, { a: 50, b: 50 })],
  },
];
