import { describe, expect, test } from 'vitest';
import { breaches } from './contract.ts';
import { brief } from './decision.ts';
import { decisionsOf, replayText } from './judge.ts';
import { fleetOf, linesOf, textOf } from './trace.ts';
import { TRACES } from './traces/index.ts';

describe('recorded traces keep their promises', () => {
  test.each(TRACES.map((trace) => [trace.name, trace] as const))('%s', (_, trace) => {
    const fleet = fleetOf(trace);
    const decisions = decisionsOf(replayText(JSON.stringify(fleet), textOf(linesOf(trace))));
    const broken = trace.promises.flatMap(({ says, broken }) => {
      const found = broken(decisions);
      return found === undefined ? [] : [`${says}; found: ${found}`];
    });
    expect([...broken, ...breaches(fleet, decisions)], decisions.map(brief).join('\n')).toEqual([]);
  });
});
