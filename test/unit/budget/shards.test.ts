import { describe, expect, it } from 'vitest';
import { WORLD } from '../../../worker/budget/assumptions.ts';
import { budgetOf } from '../../../worker/budget/budget.ts';
import { roundMs } from '../../../worker/budget/round.ts';
import { checksPerShard, shardsOf } from '../../../worker/budget/shards.ts';
import { checkSpecs, probing } from '../../../worker/fleet-file/rules.ts';
import { fleetOf } from '../fleet-file/fleets.ts';

function fleet(servers: number, { checks = 1, witnesses = 0, probing = {} } = {}) {
  return fleetOf({
    fleet: { name: 'many', plan: 'paid' },
    probing,
    vantage: [
      { id: 'weur', region: 'weur', witnesses: ['a', 'b', 'c', 'd'].slice(0, witnesses).map((name) => `https://${name}.example.net/`) },
    ],
    server: Array.from({ length: servers }, (_, index) => ({
      id: `s${index}`,
      address: `s${index}.example.net`,
      check: Array.from({ length: checks }, (_, check) => ({ kind: 'tcp', port: 1000 + check })),
    })),
  });
}

describe('the shards of a vantage', () => {
  it('are one where everything fits an interval', () => {
    expect(shardsOf(fleet(24))).toHaveLength(1);
    expect(shardsOf(fleet(25)).map((servers) => servers.length)).toEqual([24, 1]);
    expect(shardsOf(fleet(0))).toEqual([[]]);
  });

  it('leave room for the witnesses, and never tear a server apart', () => {
    expect(checksPerShard(fleet(1, { witnesses: 4 }))).toBe(20);
    expect(shardsOf(fleet(6, { checks: 8, witnesses: 2 })).map((servers) => servers.length)).toEqual([2, 2, 2]);
  });

  it('name every server once, in the order of the file', () => {
    expect(shardsOf(fleet(64, { checks: 3 })).flat()).toEqual(fleet(64).server.map(({ id }) => id));
  });

  for (const [interval_s, timeout_ms] of [
    [10, 2000],
    [10, 4000],
    [30, 5000],
    [2, 500],
  ] as const) {
    it(`end every round inside ${interval_s} s when all 64 servers and all witnesses time out after ${timeout_ms} ms`, () => {
      const many = fleet(64, { checks: 2, witnesses: 4, probing: { interval_s, timeout_ms, fast_interval_ms: 500 } });
      for (const servers of shardsOf(many)) {
        const specs = many.server.filter(({ id }) => servers.includes(id)).flatMap(checkSpecs);
        const takesMs = roundMs(specs, 4, timeout_ms, 'everythingDown', { ...WORLD, witnessMs: timeout_ms });
        expect(takesMs).toBeLessThanOrEqual(probing(many).intervalMs);
      }
    });
  }

  it('are what the budget counts', () => {
    const requests = (servers: number) => budgetOf(fleet(servers)).typical.parts.vantages?.doRequests ?? 0;
    expect(requests(48)).toBe(2 * requests(24));
  });
});
