import { describe, expect, test } from 'vitest';
import { type Carry, decideLife, type LifeInput, mostOf, sameCarry } from '../../../router-agent/life.ts';

const SERVERS = ['a', 'b', 'c'];
const FIRST: Carry = { weights: { a: 100, b: 0, c: 0 }, live: { a: 'a', b: 'b', c: 'c' }, dead: [] };

const WISHES: Record<string, number>[] = [{ a: 100 }, { b: 100 }, { a: 10, b: 90 }, { a: 33, b: 33, c: 34 }];

function decide(over: Partial<Omit<LifeInput, 'latched'>> & { latched?: string[]; previous?: Carry | null }) {
  const { latched = [], previous = FIRST, ...rest } = over;
  const input: LifeInput = {
    servers: SERVERS,
    wanted: { weights: { a: 100, b: 0, c: 0 }, mode: 'drain' },
    alive: { a: true, b: true, c: true },
    ...rest,
    latched: new Set(latched),
  };
  return decideLife(input, previous);
}

describe('which path carries', () => {
  test('all alive: what the edge wants', () => {
    expect(decide({ wanted: { weights: { a: 0, b: 100, c: 0 }, mode: 'drain' } })).toEqual({
      carry: { weights: { a: 0, b: 100, c: 0 }, live: { a: 'a', b: 'b', c: 'c' }, dead: [] },
      latch: [],
      release: [],
    });
  });

  test('the carrying path dies: the first living one takes all, and the dead one is latched', () => {
    expect(decide({ alive: { a: false, b: true, c: true } })).toEqual({
      carry: { weights: { a: 0, b: 100, c: 0 }, live: { a: 'b', b: 'b', c: 'c' }, dead: ['a'] },
      latch: ['a'],
      release: [],
    });
  });

  test('an idle standby dies: its old flows move, nothing is latched', () => {
    const { carry, latch } = decide({ alive: { a: true, b: false, c: true } });
    expect(carry).toEqual({ weights: { a: 100, b: 0, c: 0 }, live: { a: 'a', b: 'a', c: 'c' }, dead: ['b'] });
    expect(latch).toEqual([]);
  });

  test('a latched path carries nothing although it lives again and the directive still names it', () => {
    const { carry, latch } = decide({ latched: ['a'] });
    expect(carry.weights).toEqual({ a: 0, b: 100, c: 0 });
    expect(carry.dead).toEqual(['a']);
    expect(latch).toEqual([]);
  });

  test('a directive that crossed with the cut cannot move traffic to a dead path', () => {
    const { carry, latch } = decide({ wanted: { weights: { a: 0, b: 0, c: 100 }, mode: 'cut' }, alive: { a: true, b: true, c: false } });
    expect(carry.weights).toEqual({ a: 100, b: 0, c: 0 });
    expect(latch).toEqual(['c']);
  });

  test('all dead: everything stays as it is', () => {
    const { carry, latch, release } = decide({ alive: { a: false, b: false, c: false } });
    expect(carry).toEqual(FIRST);
    expect([latch, release]).toEqual([[], []]);
  });

  test('the death of everything else releases a latched path that lives', () => {
    const { carry, release } = decide({
      alive: { a: true, b: false, c: false },
      latched: ['a'],
      previous: { ...FIRST, weights: { a: 0, b: 100, c: 0 } },
    });
    expect(release).toEqual(['a']);
    expect(carry.weights).toEqual({ a: 100, b: 0, c: 0 });
  });

  test('a latched path that is dead is not released by the death of the others', () => {
    const previous: Carry = { ...FIRST, weights: { a: 0, b: 100, c: 0 } };
    expect(decide({ alive: { a: false, b: false, c: false }, latched: ['a'], previous })).toEqual({
      carry: previous,
      latch: [],
      release: [],
    });
  });

  test('no evidence yet is no reason to leave, and no reason to come', () => {
    const unknown = { a: null, b: null, c: null };
    expect(decide({ alive: unknown }).carry).toEqual(FIRST);
    expect(decide({ alive: unknown, wanted: { weights: { a: 0, b: 100, c: 0 }, mode: 'drain' } }).carry).toEqual(FIRST);
    expect(decide({ alive: { a: false, b: null, c: true } }).carry.weights).toEqual({ a: 0, b: 0, c: 100 });
  });

  test('at a restart, with nothing applied yet, the directive is taken as it stands', () => {
    expect(decide({ alive: { a: null, b: null, c: null }, previous: null }).carry).toEqual(FIRST);
  });

  test('weights of a lost server go to the others in proportion, and sum to 100', () => {
    const wanted: LifeInput['wanted'] = { weights: { a: 50, b: 30, c: 20 }, mode: 'drain' };
    expect(decide({ wanted, alive: { a: false, b: true, c: true } }).carry.weights).toEqual({ a: 0, b: 60, c: 40 });
    expect(
      decide({ wanted: { weights: { a: 34, b: 33, c: 33 }, mode: 'drain' }, alive: { a: true, b: false, c: true } }).carry.weights,
    ).toEqual({ a: 51, b: 0, c: 49 });
  });

  test('a cut moves established flows of a server that the edge took out, a drain leaves them', () => {
    const weights = { a: 0, b: 100, c: 0 };
    expect(decide({ wanted: { weights, mode: 'cut' } }).carry).toMatchObject({ live: { a: 'b', b: 'b', c: 'c' }, dead: ['a'] });
    expect(decide({ wanted: { weights, mode: 'drain' } }).carry).toMatchObject({ live: { a: 'a', b: 'b' }, dead: [] });
  });

  test('nothing wanted yet: nothing is steered', () => {
    expect(decide({ wanted: null, previous: null }).carry).toEqual({
      weights: { a: 0, b: 0, c: 0 },
      live: { a: 'a', b: 'b', c: 'c' },
      dead: [],
    });
  });

  test('for every combination of life, latches and wishes: weights sum to 100, the dead carry nothing while another lives', () => {
    const lives = [true, false, null];
    for (const a of lives)
      for (const b of lives)
        for (const c of lives)
          for (const latched of [[], ['a'], ['b'], ['a', 'b']])
            for (const mode of ['cut', 'drain'] as const)
              for (const weights of WISHES) {
                const alive: Record<string, boolean | null> = { a, b, c };
                const { carry } = decide({ alive, latched, wanted: { weights, mode } });
                expect(Object.values(carry.weights).reduce((sum, weight) => sum + weight, 0)).toBe(100);
                const another = SERVERS.some((server) => alive[server] === true && !latched.includes(server));
                if (!another) continue;
                for (const server of SERVERS.filter((candidate) => alive[candidate] === false || latched.includes(candidate))) {
                  expect(carry.weights[server]).toBe(0);
                  expect(carry.live[server]).not.toBe(server);
                  expect(carry.dead).toContain(server);
                }
                for (const target of Object.values(carry.live)) expect(carry.dead).not.toContain(target);
              }
  });
});

test('the carrying server is the one with the most; the earlier wins a tie', () => {
  expect(mostOf(SERVERS, { a: 10, b: 90 })).toBe('b');
  expect(mostOf(SERVERS, { b: 50, c: 50 })).toBe('b');
  expect(mostOf(SERVERS, {})).toBeNull();
});

test('an absent weight is a weight of 0', () => {
  expect(sameCarry(FIRST, { ...FIRST, weights: { a: 100 } })).toBe(true);
  expect(sameCarry(FIRST, { ...FIRST, dead: ['c'] })).toBe(false);
  expect(sameCarry(FIRST, { ...FIRST, live: { ...FIRST.live, a: 'b' } })).toBe(false);
});
