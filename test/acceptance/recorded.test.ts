import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { breaches } from './contract.ts';
import { brief } from './decision.ts';
import type { Fleet } from './fleet.ts';
import { decisionsOf, replayText } from './judge.ts';
import {
  becomes,
  carries,
  cuts,
  directives,
  holds,
  moves,
  neverBecomes,
  nothingMoves,
  type Promised,
  returnsInStages,
  startsOn,
} from './promises.ts';

/*
 * Traces that somebody else recorded, as files (test/fixtures/traces): `promise.md` says in words what is written here as checks. They are also replayed
 * inside workerd (test/worker/replay.test.ts).
 */

const FOLDER = new URL('../fixtures/traces/', import.meta.url);
const ON_A = { a: 100, b: 0 };
const ON_B = { a: 0, b: 100 };
const STAGES = [{ a: 10, b: 90 }, { a: 50, b: 50 }, ON_A];

const PROMISES: Record<string, Promised[]> = {
  T01: [
    startsOn(ON_A),
    directives(1, 121.2),
    cuts(121.834, 122.834, ON_B, 'server-down', 'path-down'),
    becomes('a', 'down', 121.2, 136.3),
    neverBecomes('b', 'down'),
  ],
  T03: [
    startsOn(ON_A),
    nothingMoves(121.2),
    carries(600, ON_A),
    neverBecomes('a', 'down'),
    neverBecomes('b', 'down'),
    holds('uplink-down', 121.2, 123.8),
  ],
  T07: [
    startsOn(ON_A),
    cuts(121.834, 122.834, ON_B),
    nothingMoves(122.9, 301.2),
    returnsInStages(241.2, 601.2, STAGES),
    moves(241.2, 601.2, { a: 10, b: 90 }, { mode: 'drain', blame: ['preempt', 'stage'] }),
  ],
};

test.each(readdirSync(FOLDER))('%s keeps its promises', (name) => {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8');
  const fleet = read('fleet.json');
  const decisions = decisionsOf(replayText(fleet, read('trace.jsonl')));
  const promises = PROMISES[name];
  expect(promises, `${name} has no promises in this file`).toBeDefined();
  const broken = (promises ?? [])
    .map(({ says, broken }) => ({ says, found: broken(decisions) }))
    .filter(({ found }) => found !== undefined);
  expect([...broken, ...breaches(JSON.parse(fleet) as Fleet, decisions)], decisions.map(brief).join('\n')).toEqual([]);
});
