import { describe, expect, test } from 'vitest';
import { emptyVantage, isSuspect, stepVantage, type VantageState, voteOf } from '../../../worker/engine/vantage.ts';

const RULES = { intervalMs: 10_000, timeoutMs: 2000, fall: 3, rise: 2 };
const ONE = { critical: [true] };

/** `+` a success, `-` a failure, `b` blind, `s` sighted, `L` a late failure; one a second. */
function see(marks: string, from: VantageState = emptyVantage(), check = 0): VantageState {
  let state = from;
  [...marks].forEach((mark, i) => {
    const t = i * 1000;
    if (mark === 'b' || mark === 's') state = stepVantage(state, RULES, { type: 'witness', t, ok: mark === 's' });
    else state = stepVantage(state, RULES, { type: 'probe', t, server: 'a', check, ok: mark === '+', ms: mark === 'L' ? 4001 : 2000 });
  });
  return state;
}

/** The second check of `a` cannot be made from here. */
function cannot(state: VantageState, t: number): VantageState {
  return stepVantage(state, RULES, { type: 'probe', t, server: 'a', check: 1, ok: false, reason: 'unsupported' });
}

describe('rise and fall', () => {
  test.each([
    ['', 'unknown', false],
    ['+', 'up', false],
    ['-', 'unknown', true],
    ['--', 'unknown', true],
    ['---', 'down', false],
    ['+--', 'up', true],
    ['+---', 'down', false],
    ['+--+--', 'up', true],
    ['---+', 'down', true],
    ['---++', 'up', false],
    ['---+-+', 'down', true],
    ['+LLLL', 'up', false],
  ])('%s → %s, suspect %s', (marks, vote, suspect) => {
    const state = see(marks);
    expect(voteOf(state, 'a', ONE).vote).toBe(vote);
    expect(isSuspect(state, 'a')).toBe(suspect);
  });

  test.each(['unsupported', 'crowded'])('%s is no failure', (reason) => {
    let state = see('+');
    for (let t = 1000; t < 9000; t += 1000)
      state = stepVantage(state, RULES, { type: 'probe', t, server: 'a', check: 0, ok: false, reason });
    expect(voteOf(state, 'a', ONE).vote).not.toBe('down');
  });

  test('the same evidence twice counts once', () => {
    let state = see('+');
    for (let i = 0; i < 5; i++) state = stepVantage(state, RULES, { type: 'probe', t: 9000, server: 'a', check: 0, ok: false });
    expect(voteOf(state, 'a', ONE).vote).toBe('up');
  });
});

describe('blindness', () => {
  test.each([
    ['+b', 'unknown'],
    ['+---b', 'unknown'],
    ['+b---', 'unknown'],
    ['+b---s', 'unknown'],
    ['+--bs-', 'unknown'],
    ['+b---s+', 'up'],
    ['+b---s---', 'down'],
  ])('%s → %s', (marks, vote) => {
    expect(voteOf(see(marks), 'a', ONE).vote).toBe(vote);
  });
});

describe('several checks', () => {
  const both = { critical: [true, true] };
  test('any critical one that is down vetoes', () => {
    expect(voteOf(see('---', see('+'), 1), 'a', both).vote).toBe('down');
  });
  test('one that is not critical has no say', () => {
    expect(voteOf(see('---', see('+'), 1), 'a', { critical: [true, false] }).vote).toBe('up');
  });
  test('up needs all critical ones', () => {
    expect(voteOf(see('+'), 'a', both).vote).toBe('unknown');
    expect(voteOf(see('+', see('+'), 1), 'a', both).vote).toBe('up');
  });
  test.each([
    ['it could not be made from the start', '', 'up'],
    ['it answered until then', '+', 'up'],
    ['it failed until then', '---', 'up'],
  ])('one that cannot be made from here has no say: %s', (_what, before, vote) => {
    const unsupported = cannot(see(before, see('+'), 1), 20_000);
    expect(voteOf(unsupported, 'a', both).vote).toBe(vote);
    expect(isSuspect(unsupported, 'a')).toBe(false);
  });
  test('it has a say again when it can be made', () => {
    const state = cannot(see('+'), 0);
    expect(voteOf(see('+', state, 1), 'a', both).vote).toBe('up');
    expect(voteOf(see('-', cannot(see('+'), 500), 1), 'a', both).vote).toBe('unknown');
    expect(voteOf(see('---', state, 1), 'a', both).vote).toBe('down');
  });
  test('where none can be made, nothing is known', () => {
    expect(voteOf(cannot(emptyVantage(), 0), 'a', { critical: [false, true] }).vote).toBe('unknown');
  });
});
