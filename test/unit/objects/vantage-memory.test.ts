import { describe, expect, it } from 'vitest';
import type { CheckState } from '../../../worker/engine/vantage.ts';
import type { CheckSpec, VantageSnapshot } from '../../../worker/objects/contract.ts';
import { carryOver } from '../../../worker/objects/vantage-memory.ts';

type Orders = NonNullable<VantageSnapshot['vantage']>;

const SUSPECTED: CheckState = { vote: 'up', streak: -2, t: 1000, agreedT: 500, reason: 'timeout' };

function orders(servers: Record<string, number[]>, more: Partial<Orders> = {}): Orders {
  const check = (port: number): CheckSpec => ({ kind: 'tcp', host: '127.0.0.1', port, critical: true });
  const rules = { intervalMs: 10_000, fastIntervalMs: 1000, timeoutMs: 2000, fall: 3, rise: 3 };
  const list = Object.entries(servers).map(([id, ports]) => ({ id, address: '127.0.0.1', checks: ports.map(check) }));
  return { id: 'weur', region: 'weur', witnesses: [], phase: 0, rules, servers: list, ...more };
}

describe('a detector under changed orders', () => {
  const before = orders({ a: [443], b: [22] });
  const state = { blind: false, servers: { a: [SUSPECTED], b: [{ ...SUSPECTED, streak: 5 }] } };

  it('keeps its run of failures when only another server changed', () => {
    const after = carryOver(state, before, orders({ b: [2222], a: [443] }));
    expect(after.servers.a).toEqual([SUSPECTED]);
    expect(after.servers.b).toBeUndefined();
  });

  it('keeps it when the cadence or the thresholds changed, and when another check came before it', () => {
    const rules = { ...before.rules, intervalMs: 30_000, fall: 5 };
    expect(carryOver(state, before, orders({ a: [443], b: [22] }, { rules })).servers).toEqual(state.servers);
    expect(carryOver(state, before, orders({ a: [80, 443], b: [22] })).servers.a).toEqual([null, SUSPECTED]);
  });

  it('begins anew when what it looks at is another', () => {
    expect(carryOver(state, before, orders({ a: [444], b: [22] })).servers.a).toBeUndefined();
  });
});
