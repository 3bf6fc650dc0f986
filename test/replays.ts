import { readdirSync, readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { CHANCE_FLEET, linesByChance } from './acceptance/chance.ts';
import { replayText } from './acceptance/judge.ts';
import { textOf } from './acceptance/trace.ts';
import type { Replays } from './worker/replays.ts';

/*
 * What Node decides, for the test in workerd that wants the same byte for byte (test/worker/replay.test.ts). It reaches the test by `inject('replays')`.
 */

const FOLDER = new URL('fixtures/traces/', import.meta.url);
const SEEDS = [1, 2, 3, 4, 5];
const INSTANTS = 300;

export default function setup(project: TestProject): void {
  const recorded = readdirSync(FOLDER).map((name) => {
    const read = (file: string) => readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8');
    const fleet = read('fleet.json');
    return { name, fleet, decisions: replayText(fleet, read('trace.jsonl')) };
  });
  const fleet = JSON.stringify(CHANCE_FLEET);
  const byChance = SEEDS.map((seed) => ({
    ...{ seed, instants: INSTANTS },
    decisions: replayText(fleet, textOf(linesByChance(seed, INSTANTS))),
  }));
  const replays: Replays = { recorded, byChance };
  project.provide('replays', replays);
}
