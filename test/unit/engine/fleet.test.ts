import { describe, expect, test } from 'vitest';
import { emptyFleet, type FleetEvent, type FleetState, fleetDueMs, healthOf, stepFleet } from '../../../worker/engine/fleet.ts';

const RULES = { probing: { intervalMs: 10_000, timeoutMs: 2000, fall: 3, rise: 3 }, servers: ['a'] };

/** One letter a vantage: u up, d down, ? unknown, B down but blind, . nothing. */
function votes(letters: string, t: number): FleetEvent[] {
  return [...letters].flatMap((letter, i) => {
    if (letter === '.') return [];
    const vote = letter === 'u' ? ('up' as const) : letter === '?' ? ('unknown' as const) : ('down' as const);
    return [{ type: 'votes' as const, vantage: `v${i}`, sighted: letter !== 'B', votes: { a: { vote, t, why: 'timeout' } } }];
  });
}

function cast(letters: string, t = 0, state: FleetState = emptyFleet()): FleetState {
  return stepFleet(state, RULES, { t, events: votes(letters, t) }).state;
}

describe('quorum after all three said up', () => {
  test.each([
    ['uuu', 'up'],
    ['duu', 'up'],
    ['ddu', 'down'],
    ['ddd', 'down'],
    ['Bdu', 'up'],
    ['BBu', 'up'],
    ['BBB', 'unknown'],
    ['d?u', 'up'],
    ['???', 'unknown'],
  ])('%s → %s', (letters, health) => {
    expect(healthOf(cast(letters, 1000, cast('uuu')), 'a').health).toBe(health);
  });
});

test('votes expire 3 × interval + timeout after their evidence, at that instant', () => {
  const state = cast('uuu');
  expect(fleetDueMs(state, RULES)).toBe(32_000);
  expect(stepFleet(state, RULES, { t: 31_999, events: [] }).effects).toEqual([]);
  const expired = stepFleet(state, RULES, { t: 32_000, events: [] });
  expect(expired.effects).toMatchObject([{ type: 'health', t: 32_000, server: 'a', from: 'up', to: 'unknown' }]);
});

test('maintenance hides the verdict until it ends by itself', () => {
  let state = stepFleet(cast('uuu'), RULES, { t: 1000, events: [{ type: 'maintenance', server: 'a', until: 5000 }] }).state;
  expect(healthOf(state, 'a').health).toBe('maintenance');
  expect(fleetDueMs(state, RULES)).toBe(5000);
  state = cast('ddd', 2000, state);
  expect(healthOf(state, 'a').health).toBe('maintenance');
  expect(stepFleet(state, RULES, { t: 5000, events: [] }).effects).toMatchObject([{ from: 'maintenance', to: 'down' }]);
});

test('the state that came in is not touched', () => {
  const state = cast('uuu');
  const copy = structuredClone(state);
  stepFleet(state, RULES, { t: 1000, events: [...votes('ddd', 1000), { type: 'maintenance', server: 'a' }] });
  expect(state).toEqual(copy);
});
