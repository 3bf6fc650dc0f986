import { describe, expect, test } from 'vitest';
import { exitIncidents } from '../../../worker/objects/site-exits.ts';
import type { Report } from '../../../worker/protocol/report.ts';

const report = (instance: string, kinds: string[]): Report => ({
  site: 'home',
  instance,
  version: '1',
  seq: 1,
  applied: 1,
  paths: [],
  problems: kinds.map((kind) => ({ kind, message: `${kind} is wrong` })),
});

/** Says the reports to an edge that knew of nothing; what was opened and closed, in order. */
function told(...reports: [t: number, instance: string, kinds: string[]][]): string[] {
  let exits = {};
  return reports.flatMap(([t, instance, kinds]) => {
    const turn = exitIncidents(exits, report(instance, kinds), t);
    exits = JSON.parse(JSON.stringify(turn.exits));
    return turn.incidents.map(({ id, endedAt, why }) => `${id}: ${endedAt === null ? why : `over at ${Date.parse(endedAt)}`}`);
  });
}

describe('a tunnel that comes out wrong', () => {
  test('is one incident for as long as the agent says so', () => {
    expect(told([1, 'i', ['exit-b']], [2, 'i', ['exit-b']], [3, 'i', []], [4, 'i', ['exit-b']])).toEqual([
      'site/home/exit-b-1: exit-b is wrong',
      'site/home/exit-b-1: over at 3',
      'site/home/exit-b-4: exit-b is wrong',
    ]);
  });

  test('is the same incident when a new agent finds it again, and over when one has had time to look and says nothing', () => {
    const again = told([1, 'i', ['exit-b']], [10_000, 'j', []], [20_000, 'j', ['exit-b']], [30_000, 'j', ['exit-b']]);
    expect(again).toEqual(['site/home/exit-b-1: exit-b is wrong']);
    expect(told([1, 'i', ['exit-b']], [10_000, 'j', []], [69_999, 'j', []], [70_000, 'j', []])).toEqual([
      'site/home/exit-b-1: exit-b is wrong',
      'site/home/exit-b-1: over at 70000',
    ]);
  });

  test('is one for each tunnel; other problems, and guesses, are none', () => {
    expect(told([1, 'i', ['exit-a', 'exit-b', 'exit-b', 'exit?-c', 'apply-failed']])).toEqual([
      'site/home/exit-a-1: exit-a is wrong',
      'site/home/exit-b-1: exit-b is wrong',
    ]);
  });
});
