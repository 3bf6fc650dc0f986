import { describe, expect, test } from 'vitest';
import { emptySite, reassert, type SiteState, stepSite } from '../../../worker/engine/site.ts';
import type { SiteEvent } from '../../../worker/engine/types.ts';
import { path, RULES, START } from './site-world.ts';

function run(...instants: [number, ...SiteEvent[]][]): { state: SiteState; log: string[] } {
  let state = emptySite(RULES);
  const log: string[] = [];
  for (const [t, ...events] of instants) {
    const judged = stepSite(state, RULES, { t, events });
    state = judged.state;
    for (const effect of judged.effects)
      log.push(
        effect.type === 'hold' ? `${t} hold ${effect.blame}` : `${t} epoch ${effect.epoch} ${effect.mode} ${effect.active} ${effect.blame}`,
      );
  }
  return { state, log };
}

test('a target that was not heard after the last word of the Active is not proven: wait for it', () => {
  expect(run(START, [500, path('a', false)], [1000, path('a', false), path('b', true)]).log).toEqual([
    '0 epoch 1 drain a none',
    '1000 epoch 2 cut b path-down',
  ]);
});

test('what was lost on a dead path does not keep traffic away when it lives again and nobody says what is lost now', () => {
  const alive = (server: string): SiteEvent => ({ type: 'path', server, alive: true });
  const dead: SiteEvent = { type: 'path', server: 'a', alive: false, loss: 1 };
  const both = [alive('a'), alive('b')];
  const { log } = run(START, [1000, dead, alive('b')], [2000, dead, ...both], [32_000, ...both], [62_000, ...both]);
  expect(log.slice(2)).toEqual(['62000 epoch 3 drain b preempt']);
  const other = run(START, [1000, alive('b'), dead], [2000, ...both, dead], [32_000, ...both], [62_000, ...both]);
  expect(other.log).toEqual(log);
});

test('a server is alive as long as one WAN reaches it', () => {
  const two = [path('a', false, { wan: 'wan1' }), path('a', true, { wan: 'wan2' }), path('b', true, { wan: 'wan1' })];
  expect(run(START.slice(0, 3) as [number, ...SiteEvent[]], [100, ...two]).log).toEqual(['0 epoch 1 drain a none']);
});

test('the order of the events of one instant does not matter', () => {
  const events: SiteEvent[] = [path('a', false), path('b', true), { type: 'poll', applied: 1 }, { type: 'latched', server: 'a' }];
  const forth = run(START, [1000, ...events]);
  const back = run(START, [1000, ...events.toReversed()]);
  expect(back.log).toEqual(forth.log);
  expect(back.state).toEqual(forth.state);
});

describe('a cut that the router made by itself', () => {
  test('is adopted with the next epoch although the path lives again', () => {
    const { log } = run(START, [1000, path('a', true), path('b', true), { type: 'poll', applied: 1 }, { type: 'latched', server: 'a' }]);
    expect(log).toEqual(['0 epoch 1 drain a none', '1000 epoch 2 cut b path-down']);
  });

  test('comes back like any other failure', () => {
    const alive: SiteEvent[] = [path('a', true), path('b', true), { type: 'poll', applied: 1 }];
    const { log } = run(START, [1000, ...alive, { type: 'latched', server: 'a' }], [2000, ...alive], [62_000, ...alive]);
    expect(log.slice(2)).toEqual(['62000 epoch 3 drain b preempt']);
  });
});

test('a server that the router still keeps latched does not begin to return', () => {
  const alive: SiteEvent[] = [path('a', true), path('b', true), { type: 'poll', applied: 1 }];
  const latched: SiteEvent = { type: 'latched', server: 'a' };
  const { log } = run(
    START,
    [1000, ...alive, latched],
    [30_000, ...alive, latched],
    [31_000, ...alive],
    [62_000, ...alive],
    [91_000, ...alive],
  );
  expect(log.slice(2)).toEqual(['91000 epoch 3 drain b preempt']);
});

describe('a pin', () => {
  test('to the Active is kept and moves nothing', () => {
    const { state, log } = run(START, [1000, { type: 'pin', server: 'a' }]);
    expect(log).toEqual(['0 epoch 1 drain a none']);
    expect(state.override).toEqual({ kind: 'pin', server: 'a', untilMs: null });
  });

  test('to a server that is up outside but that the router does not reach is refused', () => {
    const { state, log } = run(START, [1000, path('a', true), path('b', false)], [2000, { type: 'pin', server: 'b' }]);
    expect(log.slice(1)).toEqual(['2000 hold pin']);
    expect(state.override).toBeNull();
  });
});

describe('epochs', () => {
  test('an applied epoch above ours lifts the next one above it', () => {
    const { log } = run(START, [1000, { type: 'poll', applied: 41 }], [2000, path('a', false), path('b', true)]);
    expect(log[1]).toBe('2000 epoch 42 cut b path-down');
  });

  test('an edge that lost its state says its weights again, above everything', () => {
    const { state } = run(START, [1000, { type: 'poll', applied: 41 }]);
    expect(reassert(state, RULES, 1000)?.effects).toMatchObject([{ epoch: 42, active: 'a', weights: { a: 100, b: 0 } }]);
    expect(reassert(run(START).state, RULES, 1000)).toBeNull();
  });
});

test('a changed list of servers keeps what is known of the ones that stay', () => {
  const { state } = run(START);
  const rules = { ...RULES, servers: [...RULES.servers, { id: 'c', priority: 250, weight: 100 }] };
  const judged = stepSite(state, rules, { t: 1000, events: [] });
  expect(judged.effects).toEqual([]);
  expect(judged.state.servers.a?.health).toBe('up');
  expect(judged.state.servers.c?.health).toBe('unknown');
});

test('nobody is pinned to a path that is dead, on a dead uplink either', () => {
  const { log } = run(START, [1000, path('a', false), path('b', false)], [1100, { type: 'pin', server: 'b' }]);
  expect(log).toEqual(['0 epoch 1 drain a none', '1000 hold uplink-down', '1100 hold pin']);
});

test('the state that came in is not touched', () => {
  const { state } = run(START);
  const copy = structuredClone(state);
  stepSite(state, RULES, {
    t: 1000,
    events: [path('a', false), path('b', true), { type: 'pin', server: 'b' }, { type: 'resign', server: 'a' }],
  });
  expect(state).toEqual(copy);
});
