import { describe, expect, inject, it } from 'vitest';
import './replays.ts';
import { CHANCE_FLEET, linesByChance } from '../acceptance/chance.ts';
import { replayText } from '../acceptance/judge.ts';
import { textOf } from '../acceptance/trace.ts';
import T01 from '../fixtures/traces/T01/trace.jsonl?raw';
import T03 from '../fixtures/traces/T03/trace.jsonl?raw';
import T07 from '../fixtures/traces/T07/trace.jsonl?raw';

/*
 * A failover that one cannot replay, one cannot trust: the judge inside workerd says the same as in Node, byte for byte.
 */

const TRACES: Record<string, string> = { T01, T03, T07 };
const { recorded, byChance } = inject('replays');

describe('workerd decides as Node does', () => {
  it.each(recorded)('the recorded trace $name', ({ name, fleet, decisions }) => {
    expect(decisions).not.toBe('');
    expect(replayText(fleet, TRACES[name] ?? '')).toBe(decisions);
  });

  it.each(byChance)('evidence by chance, seed $seed', ({ seed, instants, decisions }) => {
    expect(replayText(JSON.stringify(CHANCE_FLEET), textOf(linesByChance(seed, instants)))).toBe(decisions);
  });
});
