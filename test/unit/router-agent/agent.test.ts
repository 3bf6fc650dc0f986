import { describe, expect, test } from 'vitest';
import { createAgent } from '../../../router-agent/agent.ts';
import type { DataPlane } from '../../../router-agent/dataplane/contract.ts';
import { NO_LINES } from '../../../router-agent/dataplane/lines.ts';
import { createKeeper } from '../../../router-agent/keeper.ts';
import type { Carry } from '../../../router-agent/life.ts';
import { createLog } from '../../../router-agent/log.ts';
import { fail, type Outcome, succeed } from '../../../router-agent/outcome.ts';
import { createProblems } from '../../../router-agent/problems.ts';
import { type AgentState, emptyState } from '../../../router-agent/state-schema.ts';
import type { WanPath } from '../../../router-agent/wan/paths.ts';
import type { Directive } from '../../../worker/protocol/directive.ts';
import { type Report, reportSchema } from '../../../worker/protocol/report.ts';
import { fakeClock } from './fake-clock.ts';

const order = (epoch: number, a: number, basis = 0): Directive => ({
  epoch,
  basis,
  leaseMs: 180_000,
  mode: 'drain',
  active: a >= 50 ? 'a' : 'b',
  weights: { a, b: 100 - a },
  why: 'test',
});

/** An agent on a data plane and a disk that only remember what happened, in order. */
function rig(stored: Partial<AgentState> = {}, wans: WanPath[] = [], mptcp: Report['mptcp'] = undefined) {
  const clock = fakeClock();
  const happened: string[] = [];
  let broken: string | null = null;
  const barred = new Set<string>();
  let news = 0;
  const problems = createProblems(() => undefined);
  const log = createLog('error', { journald: false, write: () => undefined });
  const saved = (how: string) => (state: AgentState) => {
    happened.push(`${how} epoch ${state.epoch} latches ${JSON.stringify(state.latches)}`);
  };
  const file = {
    path: 'state',
    saveFast(state: AgentState): Outcome<null> {
      saved('fast')(state);
      return succeed(null);
    },
    async saveDurable(state: AgentState): Promise<Outcome<boolean>> {
      saved('durable')(state);
      return succeed(true);
    },
  };
  const dataPlane: DataPlane = {
    start: async () => null,
    async apply(carry: Carry) {
      if (broken !== null) return fail(broken);
      happened.push(`apply a=${carry.weights.a} b=${carry.weights.b} dead=${carry.dead.join()}`);
      clock.stall(5);
      return succeed(null);
    },
    reconcile: async () => succeed(null),
    lines: NO_LINES,
    sourceOf: () => undefined,
    complaints: () => [],
    close: () => undefined,
  };
  const keeper = createKeeper({ ...emptyState('home', 0), seqCeiling: 0, ...stored }, file, { problems, log, clock });
  const agent = createAgent({
    site: 'home',
    instance: 'test',
    servers: ['a', 'b'],
    keeper,
    dataPlane,
    problems,
    clock,
    log,
    pathOf: () => ({ alive: true, rttMs: 20, loss: 0, heardAt: clock.now() - 300, trouble: null }),
    wansOf: () => wans,
    mptcp: () => mptcp,
    isBarred: (server) => barred.has(server),
    onNews: () => {
      news += 1;
    },
  });
  function breakDataPlane(reason: string | null): void {
    broken = reason;
  }
  return { agent, barred, keeper, clock, happened, problems, news: () => news, breakDataPlane };
}

async function alive(target: ReturnType<typeof rig>, directive = order(1, 100)) {
  await target.agent.start(null);
  await target.agent.pathChanged('a', true);
  await target.agent.pathChanged('b', true);
  await target.agent.take(directive);
  target.happened.length = 0;
  return target;
}

test('nothing moves to a server whose traffic comes out wrong; to the edge it is dead; what it carries it keeps', async () => {
  const { agent, barred, happened } = rig();
  await agent.start(null);
  await agent.pathChanged('a', true);
  await agent.pathChanged('b', true);
  await agent.take(order(1, 100));
  barred.add('b');
  await agent.barChanged();
  await agent.take(order(2, 0));
  expect(happened.filter((what) => what.startsWith('apply')).at(-1)).toBe('apply a=100 b=0 dead=');
  expect(agent.report().paths.map(({ alive }) => alive)).toEqual([true, false]);
  expect(await agent.switchTo('b')).toMatchObject({ ok: false });
  await agent.pathChanged('a', false);
  expect(agent.carry()?.weights).toEqual({ a: 100, b: 0 });
  barred.clear();
  await agent.barChanged();
  expect(agent.carry()?.weights).toEqual({ a: 0, b: 100 });
  barred.add('b');
  await agent.barChanged();
  expect([agent.carry()?.weights, agent.report().paths[1]?.alive]).toEqual([{ a: 0, b: 100 }, true]);
});

test('a report tells paths by WAN where they are told apart, and a tunnel that is bound to none without', () => {
  const wan = (name: string, alive: boolean, bound: boolean): WanPath => ({ wan: name, alive, rttMs: 7, loss: 0, bound });
  expect(rig().agent.report().paths).toEqual([
    { server: 'a', alive: false, rttMs: 20, loss: 0 },
    { server: 'b', alive: false, rttMs: 20, loss: 0 },
  ]);
  const told = rig({}, [wan('wan1', false, false), wan('wan2', true, true)]).agent.report();
  expect(told.paths.slice(0, 2)).toEqual([
    { server: 'a', wan: 'wan1', alive: false, rttMs: 7, loss: 0 },
    { server: 'a', wan: 'wan2', alive: true, rttMs: 7, loss: 0 },
  ]);
  expect(rig({}, [wan('wan1', true, false)]).agent.report().paths).toHaveLength(4);
  const many = Array.from({ length: 40 }, (_, index) => wan(`wan${index}`, true, index === 0));
  expect(reportSchema.safeParse(rig({}, many).agent.report()).success).toBe(true);
});

describe('the agent', () => {
  test('persists a directive, then applies it, then says so', async () => {
    const target = await alive(rig());
    expect(await target.agent.take(order(2, 0))).toBe(true);
    expect(target.happened).toEqual(['durable epoch 2 latches {}', 'apply a=0 b=100 dead=']);
    expect(target.agent.report()).toMatchObject({ applied: 2, carrying: 'b' });
  });

  test('cuts a dead path: state first, then rules, then news with the length of the cut', async () => {
    const target = await alive(rig());
    const before = target.news();
    const { seq } = target.agent.report();
    target.happened.length = 0;
    await target.agent.pathChanged('a', false);
    const saved = target.happened.indexOf(`fast epoch 1 latches {"a":${seq + 1}}`);
    const applied = target.happened.indexOf('apply a=0 b=100 dead=a');
    expect(saved).toBeGreaterThanOrEqual(0);
    expect(applied).toBeGreaterThan(saved);
    expect(target.news()).toBe(before + 1);
    const report = target.agent.report();
    expect(report).toMatchObject({
      seq: seq + 1,
      carrying: 'b',
      latched: ['a'],
      lastCut: { from: 'a', to: 'b', silenceMs: 300, applyMs: 5 },
    });
    expect(reportSchema.safeParse(report).success).toBe(true);
  });

  test('a directive that crossed with the cut does not undo it; one that knew of it does', async () => {
    const target = await alive(rig());
    await target.agent.pathChanged('a', false);
    const { seq } = target.agent.report();
    await target.agent.pathChanged('a', true);
    await target.agent.take(order(2, 100, seq - 1));
    expect(target.agent.report()).toMatchObject({ applied: 2, carrying: 'b', latched: ['a'] });
    await target.agent.take(order(3, 100, seq));
    const report = target.agent.report();
    expect(report).toMatchObject({ applied: 3, carrying: 'a' });
    expect(report.latched).toBeUndefined();
  });

  test('a refused directive changes nothing and is reported until a good one comes', async () => {
    const target = await alive(rig());
    const stranger = { ...order(2, 100), weights: { a: 0, z: 100 }, active: 'z' };
    expect(await target.agent.take(stranger)).toBe(false);
    expect(target.happened).toEqual([]);
    expect(target.agent.report()).toMatchObject({ applied: 1, carrying: 'a', problems: [{ kind: 'directive-refused', epoch: 2 }] });
    await target.agent.take(order(3, 100));
    expect(target.agent.report().problems).toBeUndefined();
  });

  test("a server without a tunnel that carries nothing is reported once and in nobody's way", async () => {
    const target = await alive(rig());
    expect(await target.agent.take({ ...order(2, 0), weights: { a: 0, b: 100, z: 0 } })).toBe(true);
    expect(target.agent.report()).toMatchObject({ applied: 2, carrying: 'b', problems: [{ kind: 'server-without-tunnel' }] });
    expect(target.agent.carry()?.weights).toEqual({ a: 0, b: 100 });
    await target.agent.take(order(3, 0));
    expect(target.agent.report().problems).toBeUndefined();
  });

  test('without its state it obeys no older epoch, asks for the newest, and tells an edge that lost its own how high to go', async () => {
    const target = await alive(rig({ epoch: 17 }), order(3, 0));
    expect(target.happened).toEqual([]);
    expect(target.agent.carry()?.weights).toEqual({ a: 0, b: 0 });
    expect(target.agent.report()).toMatchObject({ applied: 17, problems: [{ kind: 'directive-refused', epoch: 3 }] });
    const fresh = rig({ epoch: 17 });
    await fresh.agent.start(null);
    await fresh.agent.pathChanged('a', true);
    expect(fresh.agent.report().applied).toBe(0);
    expect(await fresh.agent.take(order(17, 100))).toBe(true);
    expect(fresh.agent.report()).toMatchObject({ applied: 17, carrying: 'a' });
  });

  test('the same directive again applies nothing and writes nothing', async () => {
    const target = await alive(rig());
    expect(await target.agent.take(order(1, 100))).toBe(true);
    expect(target.happened).toEqual([]);
  });

  test('both paths die and one comes back: it carries, latched or not', async () => {
    const target = await alive(rig());
    await target.agent.pathChanged('a', false);
    await target.agent.pathChanged('b', false);
    expect(target.agent.carry()).toMatchObject({ weights: { a: 0, b: 100 } });
    await target.agent.pathChanged('a', true);
    expect(target.agent.carry()).toMatchObject({ weights: { a: 100, b: 0 }, dead: ['b'] });
    expect(target.keeper.state().latches).not.toHaveProperty('a');
  });

  test('a restart goes on where the last one stopped, latches included', async () => {
    const target = rig({ epoch: 4, directive: order(4, 100), latches: { a: 9 } });
    await target.agent.start(null);
    expect(target.agent.carry()).toMatchObject({ weights: { a: 0, b: 100 }, dead: ['a'] });
    expect(target.agent.report()).toMatchObject({ applied: 4, latched: ['a'] });
  });

  test('without a state it keeps what the kernel does', async () => {
    const target = rig();
    await target.agent.start({ weights: { a: 0, b: 100 }, dead: [] });
    expect(target.agent.carry()).toMatchObject({ weights: { a: 0, b: 100 } });
    expect(target.agent.report()).toMatchObject({ applied: 0, carrying: 'b' });
  });

  test('a switch by hand holds until the next epoch', async () => {
    const target = await alive(rig());
    expect(await target.agent.switchTo('b')).toMatchObject({ ok: true });
    expect(target.agent.carry()?.weights).toEqual({ a: 0, b: 100 });
    await target.agent.take(order(1, 100));
    expect(target.agent.carry()?.weights).toEqual({ a: 0, b: 100 });
    await target.agent.take(order(2, 100));
    expect(target.agent.carry()?.weights).toEqual({ a: 100, b: 0 });
    expect(await target.agent.switchTo('z')).toMatchObject({ ok: false });
    await target.agent.pathChanged('b', false);
    expect(await target.agent.switchTo('b')).toMatchObject({ ok: false });
  });

  test('rules that cannot be installed are reported, not acknowledged, and tried again', async () => {
    const target = await alive(rig());
    target.breakDataPlane('nft: no');
    await target.agent.take(order(2, 0));
    expect(target.agent.report()).toMatchObject({ applied: 1, carrying: 'a', problems: [{ kind: 'apply-failed', message: 'nft: no' }] });
    target.breakDataPlane(null);
    target.clock.advance(1000);
    await target.agent.pathChanged('a', true);
    expect(target.agent.report()).toMatchObject({ applied: 2, carrying: 'b' });
  });
});

test('reports what MPTCP makes of the WANs, where there is something to say', () => {
  const mptcp = [{ wan: 'wan1', backup: true, subflows: 2, retransmissions: 5 }];
  expect(reportSchema.parse(rig({}, [], mptcp).agent.report()).mptcp).toEqual(mptcp);
  expect(rig().agent.report()).not.toHaveProperty('mptcp');
});
