import { describe, expect, test } from 'vitest';
import { judgeExit, plainAddress } from '../../../router-agent/exit/verdict.ts';
import { watchExits } from '../../../router-agent/exit/watch.ts';
import { createLog } from '../../../router-agent/log.ts';
import type { PostResult } from '../../../router-agent/post.ts';
import { createProblems } from '../../../router-agent/problems.ts';
import { fakeClock } from './fake-clock.ts';

const facts = {
  server: 'a',
  seen: '203.0.113.1',
  expected: ['203.0.113.1'] as string[] | null,
  endpoint: '203.0.113.1' as string | null,
  others: { b: ['203.0.113.2'] },
  own: ['192.0.2.7'],
};

describe('where traffic comes out', () => {
  test.each([
    ['as the file says', {}, { ok: true }],
    ['in a network that the file names', { expected: ['203.0.113.0/24'], seen: '203.0.113.77' }, { ok: true }],
    ['an IPv6 address in another notation', { expected: ['2001:db8::1'], seen: '2001:DB8:0:0::1' }, { ok: true }],
    ['not as the file says: nothing may move there', { seen: '198.51.100.1' }, { ok: false, bars: true }],
    ['at the other VPS', { expected: null, seen: '203.0.113.2' }, { ok: false, bars: true }],
    ["at the router's own address: a leak", { expected: null, seen: '192.0.2.7' }, { ok: false, bars: true }],
    ['without a word in the file: the endpoint is the guess', { expected: null }, { ok: true }],
    ['not at the endpoint: told, but only a guess', { expected: null, seen: '198.51.100.1' }, { ok: false, bars: false }],
    ['two servers on one VPS', { expected: null, others: { b: ['203.0.113.1'] } }, { ok: true }],
    ['an endpoint of the other family says nothing', { expected: null, endpoint: '2001:db8::1' }, { ok: true }],
    ['no endpoint, no word: nothing to compare with', { expected: null, endpoint: null }, { ok: true }],
  ])('%s', (_name, change, expected) => {
    expect(judgeExit({ ...facts, ...change })).toMatchObject(expected);
  });

  test('the sentence names what was seen, and what would be right', () => {
    expect(judgeExit({ ...facts, seen: '198.51.100.1' })).toMatchObject({
      message: 'a comes out at 198.51.100.1: right: 203.0.113.1; it leaks, or the tunnel ends at another VPS',
    });
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });
});

/** Two tunnels whose exits answer what `answers` says; a minute is the time between looks. */
function rig() {
  const clock = fakeClock();
  const answers: Record<string, PostResult | null> = {};
  const asked: string[] = [];
  const changes: string[] = [];
  const world = { edge: true, fileSays: true, alive: { a: true, b: true } as Record<string, boolean> };
  const problems = createProblems(() => undefined);
  const exits = watchExits({
    servers: ['a', 'b'],
    clock,
    log: createLog('error', { journald: false, write: () => undefined }),
    problems,
    async ask(server) {
      asked.push(server);
      return answers[server] ?? at(server === 'a' ? '203.0.113.1' : '203.0.113.2');
    },
    isAlive: (server) => world.alive[server] === true,
    edgeReached: () => world.edge,
    factsOf: (server) => ({
      expected: world.fileSays ? [server === 'a' ? '203.0.113.1' : '203.0.113.2'] : null,
      endpoint: world.fileSays ? null : '203.0.113.1',
      others: {},
      own: [],
    }),
    onChange: (server) => changes.push(`${server} ${exits.isBarred(server) ? 'barred' : 'free'}`),
  });
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1000);
      for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    }
  }
  return { answers, asked, changes, world, problems, exits, pass };
}

const at = (address: string): PostResult => ({ status: 200, body: JSON.stringify({ address }), retryAfterMs: null });
const kinds = ({ problems }: ReturnType<typeof rig>) => problems.list().map(({ kind }) => kind);

describe('the watch over exits', () => {
  test('looks at each soon after the start, then each five minutes, and at a new Active at once', async () => {
    const { asked, exits, pass } = rig();
    await pass(60);
    expect(asked).toEqual(['a', 'b']);
    await pass(300);
    expect(asked).toEqual(['a', 'b', 'a', 'b']);
    exits.check('b');
    await pass(3);
    expect(asked.at(-1)).toBe('b');
  });

  test('a wrong exit is a problem and a bar until it is right', async () => {
    const scene = rig();
    scene.answers.b = at('198.51.100.9');
    await scene.pass(5);
    expect([scene.changes, kinds(scene)]).toEqual([['b barred'], ['exit-b']]);
    scene.answers.b = null;
    await scene.pass(301);
    expect([scene.changes, kinds(scene)]).toEqual([['b barred', 'b free'], []]);
  });

  test('what may be right for all that is known is a problem of another name, and no bar', async () => {
    const scene = rig();
    scene.world.fileSays = false;
    scene.answers.a = at('203.0.113.77');
    scene.answers.b = at('203.0.113.1');
    await scene.pass(5);
    expect([scene.changes, kinds(scene)]).toEqual([[], ['exit?-a']]);
    scene.answers.a = at('203.0.113.1');
    await scene.pass(301);
    expect(kinds(scene)).toEqual([]);
  });

  test('nothing comes out three times, while the edge is heard by another way: barred', async () => {
    const scene = rig();
    scene.answers.b = { error: 'timeout' };
    await scene.pass(13);
    expect(scene.changes).toEqual([]);
    await scene.pass(12);
    expect([scene.changes, kinds(scene)]).toEqual([['b barred'], ['exit-b']]);
  });

  test('an edge that is gone, a refused token, a page of somebody else: no word about the exit', async () => {
    const scene = rig();
    scene.world.edge = false;
    scene.answers.b = { error: 'timeout' };
    await scene.pass(120);
    scene.world.edge = true;
    scene.answers.b = { status: 401, body: '{}', retryAfterMs: null };
    scene.answers.a = { status: 200, body: '<html>', retryAfterMs: null };
    await scene.pass(700);
    expect([scene.changes, kinds(scene)]).toEqual([[], []]);
  });
});
