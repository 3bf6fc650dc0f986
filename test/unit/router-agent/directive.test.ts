import { describe, expect, test } from 'vitest';
import { judgeDirective } from '../../../router-agent/directive.ts';
import { type AgentState, emptyState } from '../../../router-agent/state-schema.ts';
import type { Directive } from '../../../worker/protocol/directive.ts';

const SERVERS = ['a', 'b'];
const order = (over: Partial<Directive> = {}): Directive => ({
  epoch: 5,
  basis: 10,
  leaseMs: 180_000,
  mode: 'cut',
  active: 'b',
  weights: { a: 0, b: 100 },
  why: 'a is down',
  ...over,
});
const STATE: AgentState = { ...emptyState('home', 0), epoch: 5, directive: order(), latches: { a: 11 } };

describe('a directive', () => {
  test('with a higher epoch is accepted, and ends a switch by hand', () => {
    const verdict = judgeDirective({ ...STATE, manual: { server: 'a', epoch: 5 } }, order({ epoch: 6, basis: 10 }), SERVERS);
    expect(verdict).toMatchObject({ kind: 'accepted', released: [], state: { epoch: 6, manual: null, latches: { a: 11 } } });
  });

  test('releases a latch only when its basis reaches the report that announced the cut', () => {
    expect(judgeDirective(STATE, order({ epoch: 6, basis: 10 }), SERVERS)).toMatchObject({ state: { latches: { a: 11 } } });
    expect(judgeDirective(STATE, order({ epoch: 6, basis: 11 }), SERVERS)).toMatchObject({ released: ['a'], state: { latches: {} } });
  });

  test('of the same epoch changes nothing, but newer knowledge in it releases', () => {
    expect(judgeDirective(STATE, order(), SERVERS)).toMatchObject({ kind: 'known', released: [] });
    expect(judgeDirective(STATE, order({ basis: 12 }), SERVERS)).toMatchObject({ kind: 'known', released: ['a'] });
  });

  test.each<[string, unknown, RegExp]>([
    ['a lower epoch', order({ epoch: 4 }), /older than 5/],
    ['the same epoch with other weights', order({ weights: { a: 100, b: 0 }, active: 'a' }), /came twice/],
    ['a server without a tunnel', order({ epoch: 6, weights: { a: 0, z: 100 }, active: 'z' }), /no tunnel for/],
    ['weights that do not sum to 100', order({ epoch: 6, weights: { a: 1, b: 100 } }), /sum to 100/],
    ['an unknown key, such as a command', { ...order({ epoch: 6 }), command: 'reboot' }, /not a directive/],
    ['no object at all', 'hello', /not a directive/],
    ['a page instead', '<!doctype html><title>Just a moment…</title>', /not a directive/],
    ['an epoch beyond all', order({ epoch: Number.MAX_SAFE_INTEGER }), /beyond all/],
    ['an epoch that is no number', { ...order(), epoch: '6' }, /not a directive: .*epoch/],
    ['an epoch too large to count', { ...order(), epoch: 1e300 }, /not a directive: .*epoch/],
    ['a negative weight', order({ epoch: 6, weights: { a: -100, b: 200 } }), /not a directive: .*weights/],
    ['a lease of a year', order({ epoch: 6, leaseMs: 31_536_000_000 }), /not a directive: .*leaseMs/],
    ['a server with a name that is no id', order({ epoch: 6, weights: { 'a; reboot': 100 } }), /not a directive/],
    ['a prototype for a server', JSON.parse('{"__proto__":{"a":100}}'), /not a directive/],
  ])('with %s is refused', (_, raw, reason) => {
    const verdict = judgeDirective(STATE, raw, SERVERS);
    expect(verdict.kind).toBe('refused');
    expect(verdict.kind === 'refused' && verdict.reason).toMatch(reason);
  });

  test('naming a server without a tunnel and without weight is accepted, and says so', () => {
    expect(judgeDirective(STATE, order({ epoch: 6, weights: { a: 0, b: 100, z: 0 } }), SERVERS)).toMatchObject({
      kind: 'accepted',
      strangers: ['z'],
    });
  });

  test('after a lost directive the epoch still guards', () => {
    expect(judgeDirective({ ...STATE, directive: null }, order({ epoch: 4 }), SERVERS).kind).toBe('refused');
    expect(judgeDirective({ ...STATE, directive: null }, order({ epoch: 5 }), SERVERS).kind).toBe('accepted');
  });
});
