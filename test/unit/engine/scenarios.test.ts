import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judge, runScenario } from './scenario.ts';
import { faultsOf } from './scenario-output.ts';
import type { Evidence } from './scenario-world.ts';

const FOLDER = new URL('../../scenarios/', import.meta.url);

describe('scenarios', () => {
  for (const file of readdirSync(FOLDER).sort()) {
    const scenario = runScenario(readFileSync(new URL(file, FOLDER), 'utf8'));
    test(`${file}: ${scenario.title}`, () => {
      expect(scenario.actual).toEqual(scenario.expected);
      expect(faultsOf(scenario.rules, scenario.effects)).toEqual([]);
      expect(judge(scenario.rules, mirrored(scenario.evidence))).toEqual(scenario.effects);
      expect(judge(scenario.rules, doubled(scenario.evidence))).toEqual(scenario.effects);
    });
  }
});

/** The lines of each instant backwards: within an instant their order does not matter. */
function mirrored(evidence: readonly Evidence[]): Evidence[] {
  return [...evidence].reverse().sort((a, b) => a.t - b.t);
}

/** Every probe twice: the same evidence counts once. */
function doubled(evidence: readonly Evidence[]): Evidence[] {
  return evidence.flatMap((line) => (line.event.type === 'probe' ? [line, line] : [line]));
}
