import { describe, expect, test } from 'vitest';
import { CHANCE_FLEET, doubled, later, linesByChance, shuffled } from './chance.ts';
import { breaches } from './contract.ts';
import { decisionsOf, replayText } from './judge.ts';
import { fleetOf, linesOf, textOf } from './trace.ts';
import { TRACES } from './traces/index.ts';
import type { Line } from './world.ts';

/*
 * What holds of every trace: the order of the lines of one instant, lines that are there twice and where time begins change nothing.
 */

const FLEET = JSON.stringify(CHANCE_FLEET);
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
/** A Unix time in milliseconds: where recorders really begin. */
const NOW = 1_790_000_000_123;

/** What comes out of the trace that begins at `NOW`, told from zero. */
function fromNow(fleet: string, lines: readonly Line[]): string {
  const decisions = decisionsOf(replayText(fleet, textOf(later(lines, NOW))));
  return decisions.map((decision) => `${JSON.stringify({ ...decision, t: decision.t - NOW })}\n`).join('');
}

describe('evidence by chance', () => {
  test.each(SEEDS)('seed %i', (seed) => {
    const lines = linesByChance(seed, 120);
    const plain = replayText(FLEET, textOf(lines));
    expect(replayText(FLEET, textOf(lines)), 'a second time').toBe(plain);
    expect(replayText(FLEET, textOf(shuffled(lines, seed))), 'shuffled within each instant').toBe(plain);
    expect(replayText(FLEET, textOf(doubled(lines, seed))), 'with doubled lines').toBe(plain);
    expect(fromNow(FLEET, lines), 'from another zero of time').toBe(plain);
    expect(breaches(CHANCE_FLEET, decisionsOf(plain))).toEqual([]);
  });
});

describe('the traces of the stories', () => {
  test.each(TRACES.map((trace) => [trace.name, trace] as const))('%s', (_, trace) => {
    const fleet = JSON.stringify(fleetOf(trace));
    const lines = linesOf(trace);
    const plain = replayText(fleet, textOf(lines));
    expect(replayText(fleet, textOf(doubled(lines, 1))), 'shuffled within each instant, with doubled lines').toBe(plain);
    expect(fromNow(fleet, lines), 'from another zero of time').toBe(plain);
  });
});
