import { env, evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import './ports.ts';
import { type Env, vantageOf } from '../../worker/env.ts';
import type { CheckSpec, VantageRound, VantageSnapshot } from '../../worker/objects/contract.ts';
import { Fleet } from '../../worker/objects/fleet.ts';
import { nextRoundMs } from '../../worker/objects/vantage-memory.ts';
import { LastSeen } from '../../worker/objects/vantage-report.ts';

const ports = inject('ports');
const bindings = env as unknown as Env;
const WITNESS = `http://127.0.0.1:${ports.http}/`;
const NOBODY = `http://127.0.0.1:${ports.closed}/`;
/** Rounds so seldom that only what a test causes is seen. */
const SELDOM_MS = 3_600_000;

type Orders = NonNullable<VantageSnapshot['vantage']>;

let rounds: VantageRound[] = [];
/** A stub does not survive the reset after each test. */
let vantage: ReturnType<typeof vantageOf>;

beforeEach(() => {
  vantage = vantageOf(bindings, 'weur', 'weur');
  rounds = [];
  vi.spyOn(Fleet.prototype, 'votes').mockImplementation(async (round: VantageRound) => void rounds.push(round));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

function check(port: number, kind: CheckSpec['kind'] = 'tcp'): CheckSpec {
  return { kind, host: '127.0.0.1', port, critical: true };
}

function orders(revision: number, servers: Record<string, CheckSpec[]>, more: Partial<Orders> = {}): VantageSnapshot {
  const rules = { intervalMs: SELDOM_MS, fastIntervalMs: 60, timeoutMs: 300, fall: 3, rise: 2, ...more.rules };
  const list = Object.entries(servers).map(([id, checks]) => ({ id, address: '127.0.0.1', checks }));
  return { revision, vantage: { id: 'weur', region: 'weur', witnesses: [], phase: 0, servers: list, ...more, rules } };
}

function stub() {
  return bindings.VANTAGE.get(bindings.VANTAGE.idFromName('vantage/weur/weur/v1'));
}

function alarm(): Promise<number | null> {
  return runInDurableObject(stub(), (_, state) => state.storage.getAlarm());
}

function lastVotes(): Record<string, string> {
  return Object.fromEntries(Object.entries(rounds.at(-1)?.votes ?? {}).map(([server, { vote }]) => [server, vote]));
}

async function votesBecome(votes: Record<string, string>): Promise<void> {
  await vi.waitFor(() => expect(lastVotes()).toEqual(votes), { timeout: 5000, interval: 10 });
}

describe('a round', () => {
  it('probes every server at once when orders come, and tells the Fleet with latency', async () => {
    await vantage.assume(orders(7, { a: [check(ports.tls, 'tls')], b: [check(ports.ssh, 'banner'), check(ports.hang)] }));
    await votesBecome({ a: 'up', b: 'up' });
    const round = rounds.at(-1);
    expect(round).toMatchObject({ vantage: 'weur', revision: 7, colo: null, sighted: true, suspects: [] });
    expect(round?.votes.a?.latencyMs).toBeGreaterThanOrEqual(0);
  });

  it('condemns after `fall` failures in a row, at the fast cadence, and tells the suspicion at once', async () => {
    await vantage.assume(orders(1, { a: [check(ports.closed)], b: [check(ports.hang)] }));
    await votesBecome({ a: 'down', b: 'up' });
    expect(rounds.some(({ suspects, votes }) => suspects.includes('a') && votes.a?.vote === 'unknown')).toBe(true);
    expect(rounds.at(-1)).toMatchObject({ suspects: [], votes: { a: { why: 'refused, 3 in a row' } } });
  });

  it('sets the next alarm on the epoch clock, at its phase, before it probes', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)] }, { phase: 0.25 }));
    await votesBecome({ a: 'up' });
    const now = Date.now();
    expect(await alarm()).toBe(nextRoundMs(now, SELDOM_MS, 0.25));
    expect(nextRoundMs(now, SELDOM_MS, 0.25) % SELDOM_MS).toBe(SELDOM_MS / 4);
  });

  it('goes on by itself', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)] }, { rules: { ...quick(), intervalMs: 100 } }));
    await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(4), { timeout: 5000, interval: 10 });
  });

  it('survives a Fleet that does not answer', async () => {
    vi.mocked(Fleet.prototype.votes).mockRejectedValueOnce(new Error('the fleet is away'));
    await vantage.assume(orders(1, { a: [check(ports.hang)] }, { rules: { ...quick(), intervalMs: 100 } }));
    await votesBecome({ a: 'up' });
  });
});

describe('blindness', () => {
  it('does not blame a server when the witnesses fail too', async () => {
    await vantage.assume(orders(1, { a: [check(ports.closed)] }, { witnesses: [NOBODY], rules: { ...quick(), intervalMs: 100 } }));
    await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(5), { timeout: 5000, interval: 10 });
    expect(new Set(rounds.map(({ votes }) => votes.a?.vote))).toEqual(new Set(['unknown']));
    expect(rounds.at(-1)?.sighted).toBe(false);
  });

  it('blames it when a witness answers', async () => {
    await vantage.assume(orders(1, { a: [check(ports.closed)] }, { witnesses: [NOBODY, WITNESS] }));
    await votesBecome({ a: 'down' });
    expect(rounds.every(({ sighted }) => sighted)).toBe(true);
  });

  it('sees again as soon as a witness answers', async () => {
    const rules = { ...quick(), intervalMs: 100 };
    await vantage.assume(orders(1, { a: [check(ports.closed)], b: [check(ports.hang)] }, { witnesses: [NOBODY], rules }));
    await vi.waitFor(() => expect(rounds.at(-1)?.sighted).toBe(false), { timeout: 5000, interval: 10 });
    await vantage.assume(orders(2, { b: [check(ports.hang)] }, { witnesses: [WITNESS], rules }));
    await votesBecome({ b: 'up' });
    expect(rounds.at(-1)?.sighted).toBe(true);
  });
});

describe('orders', () => {
  it('ignores older and equal ones', async () => {
    await vantage.assume(orders(5, { a: [check(ports.hang)] }));
    await votesBecome({ a: 'up' });
    await vantage.assume(orders(5, { b: [check(ports.hang)] }));
    await vantage.assume(orders(4, { b: [check(ports.hang)] }));
    await vantage.secondOpinion('a');
    await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(1), { timeout: 2000, interval: 10 });
    expect(rounds.at(-1)?.revision).toBe(5);
    expect(lastVotes()).toEqual({ a: 'up' });
  });

  it('keep what is known of checks that stay, wherever they now stand', async () => {
    await vantage.assume(orders(1, { a: [check(ports.closed)], b: [check(ports.hang)] }));
    await votesBecome({ a: 'down', b: 'up' });
    rounds = [];
    await vantage.assume(orders(2, { a: [check(ports.hang), check(ports.closed)], b: [check(ports.tls)] }));
    await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(0), { timeout: 2000, interval: 10 });
    // Never unknown on the way: the failing check of `a` did not start anew.
    expect(new Set(rounds.map(({ votes }) => votes.a?.vote))).toEqual(new Set(['down']));
  });

  it('of null stop the alarm and forget, and are not undone by older ones', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)] }));
    await votesBecome({ a: 'up' });
    await vantage.assume({ revision: 3, vantage: null });
    expect(await alarm()).toBeNull();
    await vantage.assume(orders(2, { a: [check(ports.hang)] }));
    await vantage.watchdog();
    expect(await alarm()).toBeNull();
  });
});

describe('a restart', () => {
  it('keeps orders and votes, and goes on at the next alarm', async () => {
    await vantage.assume(orders(1, { a: [check(ports.closed)], b: [check(ports.hang)] }));
    await votesBecome({ a: 'down', b: 'up' });
    await evictDurableObject(stub());
    rounds = [];
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    await votesBecome({ a: 'down', b: 'up' });
    expect(rounds.every(({ votes }) => votes.a?.vote === 'down')).toBe(true);
  });

  it('breaks a run of failures: what lies on both sides of a gap is not in a row', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)] }));
    await votesBecome({ a: 'up' });
    await runInDurableObject(stub(), (_, { storage }) => {
      const { json } = storage.sql.exec<{ json: string }>("SELECT json FROM fact WHERE key = 'state'").one();
      const state = JSON.parse(json);
      state.servers.a[0].streak = -2;
      storage.sql.exec("UPDATE fact SET json = ? WHERE key = 'state'", JSON.stringify(state));
    });
    await evictDurableObject(stub());
    await vantage.assume(orders(2, { a: [check(ports.hang)] }));
    const streak = await runInDurableObject(stub(), (_, { storage }) => {
      const { json } = storage.sql.exec<{ json: string }>("SELECT json FROM fact WHERE key = 'state'").one();
      return JSON.parse(json).servers.a[0].streak;
    });
    expect(streak).toBe(0);
  });

  it('is re-armed by the watchdog when its alarm was lost', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)] }));
    await votesBecome({ a: 'up' });
    await runInDurableObject(stub(), (_, state) => state.storage.deleteAlarm());
    rounds = [];
    await vantage.watchdog();
    await votesBecome({ a: 'up' });
  });
});

describe('a late tick', () => {
  /** So far apart that every tick is one that the test causes. */
  const rules = () => ({ ...quick(), fastIntervalMs: SELDOM_MS / 4 });
  const tick = async () => expect(await runDurableObjectAlarm(stub())).toBe(true);

  beforeEach(async () => {
    await vantage.assume(orders(1, { a: [check(ports.closed)] }, { rules: rules() }));
    await vi.waitFor(() => expect(rounds.at(-1)?.suspects).toEqual(['a']), { timeout: 2000, interval: 10 });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('does not count what failed before the delay', async () => {
    await tick();
    // The clock of the test stands still from here on, and equal times are one piece of evidence.
    let nowMs = Date.now() + 2 * SELDOM_MS;
    const tickAt = async (atMs: number) => {
      vi.setSystemTime(atMs);
      nowMs = atMs;
      await tick();
    };
    await tickAt(nowMs);
    await tickAt(nowMs + 1000);
    expect(rounds.at(-1)?.votes.a?.vote).toBe('unknown');
    await tickAt(nowMs + 1000);
    await votesBecome({ a: 'down' });
  });

  it('is none when it is in time', async () => {
    await tick();
    await tick();
    await votesBecome({ a: 'down' });
  });
});

describe('a second opinion', () => {
  it('looks at that server now, and tells what it sees', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)], b: [check(ports.hang)] }));
    await votesBecome({ a: 'up', b: 'up' });
    const before = rounds.at(-1);
    await vantage.secondOpinion('a');
    await vi.waitFor(() => expect(rounds.at(-1)?.votes.a?.t).toBeGreaterThan(before?.votes.a?.t ?? 0), { timeout: 2000, interval: 10 });
    expect(rounds.at(-1)?.votes.b?.t).toBe(before?.votes.b?.t);
  });

  it('waits for a black hole no longer than for some usual answers while a verdict is under way', async () => {
    const seen = new LastSeen();
    const rules = { intervalMs: 10_000, fastIntervalMs: 1000, timeoutMs: 5000, fall: 3, rise: 3 };
    const note = (ok: boolean, ms: number) => seen.note({ server: 'a', check: 0, t: 0, ok, ms });
    expect(seen.burstTimeoutMs(rules, 'a', 0)).toBe(5000);
    note(true, 40);
    expect(seen.burstTimeoutMs(rules, 'a', 0)).toBe(1000);
    note(true, 600);
    note(true, 40);
    note(false, 5000);
    expect(seen.burstTimeoutMs(rules, 'a', 0)).toBe(4 * 600 * 0.9);
    note(true, 4000);
    expect(seen.burstTimeoutMs(rules, 'a', 0)).toBe(5000);
  });

  it('of a server that is not ours is nothing', async () => {
    await vantage.assume(orders(1, { a: [check(ports.hang)] }));
    await expect(vantage.secondOpinion('x')).resolves.toBeUndefined();
  });
});

function quick() {
  return { intervalMs: SELDOM_MS, fastIntervalMs: 60, timeoutMs: 300, fall: 3, rise: 2 };
}
