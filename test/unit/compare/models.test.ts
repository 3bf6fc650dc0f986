import { describe, expect, test } from 'vitest';
import { MODELS } from '../../bench/compare/models/registry.ts';
import { live } from '../../bench/compare/run.ts';
import { score } from '../../bench/compare/score.ts';
import type { Episode } from '../../bench/compare/world/episode.ts';
import type { Mix } from '../../bench/compare/world/mixes.ts';
import { World } from '../../bench/compare/world/world.ts';

const HOURS = 8;

/** A world in which the same thing happens again and again, at all phases of everybody's timers. */
function worldOf(lastsMs: number, trouble: Partial<Episode>, hours = HOURS): World {
  const base = { where: 'path', target: 'a', flips: [], loss: 1, extraMs: 0, harmful: true, blind: null } as const;
  const episode = (_: unknown, from: number): Episode => ({ ...base, ...trouble, from, to: from + lastsMs });
  const mix: Mix = { id: 'test', name: 'test', story: '', right: '', quietMs: 300_000, episode };
  return new World(mix, 'models', hours);
}

function systemOf(id: string) {
  const system = MODELS.find((model) => model.id === id);
  if (system === undefined) throw new Error(`there is no model ${id}`);
  return system;
}

/*
 * What each one's documented rule says of a clean death, least and most, in milliseconds:
 * OMR: 0–11 s until its next round, 4 × (10 + 1) s API, as much ping, 1 s for the backup, 54 s of start. mwan3: 0–10 s, then 5 pings of 4 s with 10 s between
 * four times. pfSense: more than 20 % of 60 s lost, each known after 2 s, 1 s of alerts, 1 s of reload. HAProxy: 0–2 s and 3 × 2 s. φ: mean + 3 s and some
 * five deviations after the last heartbeat, 1 s of looking. keepalived: 0–1 s, 2 × 1 s, 1 s of timeout, 0.6 s of Skew_Time. BFD: 3 intervals after the
 * last packet, which is 0–1 intervals old. What is on its way as the server dies may be lost or not: 20 ms.
 */
describe('a clean death is found when the rule says so', () => {
  test.each([
    ['omr', 142_900, 154_500],
    ['mwan3', 60_000, 70_100],
    ['dpinger', 14_000, 17_000],
    ['haproxy', 5950, 8050],
    ['phi-accrual', 3500, 6100],
    ['keepalived', 3550, 4650],
    ['bfd-300', 600, 930],
    ['bfd-50', 100, 180],
  ])('%s: %d–%d ms', (id, least, most) => {
    const world = worldOf(600_000, {});
    const { detectionMs, falseFailovers, failovers, failbacks, badFailbacks } = score(world, live(systemOf(id), world));
    expect(detectionMs.length).toBe(world.episodes.length);
    expect(Math.min(...detectionMs)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...detectionMs)).toBeLessThanOrEqual(most);
    expect({ failovers, falseFailovers, failbacks, badFailbacks }).toEqual({
      failovers: detectionMs.length,
      falseFailovers: 0,
      failbacks: detectionMs.length,
      badFailbacks: 0,
    });
  });
});

/** OMR takes the first good answer; mwan3 5 pings 10 s apart; HAProxy 2 checks, one of which may be repeating its SYN; keepalived 3; BFD a handshake at 1 s a packet; pfSense 80 % of 60 s. */
describe('the primary is taken back when the rule says so', () => {
  test.each([
    ['omr', 1, 100_000],
    ['mwan3', 36_000, 54_100],
    ['dpinger', 45_000, 52_000],
    ['haproxy', 1000, 4100],
    ['phi-accrual', 40, 1100],
    ['keepalived', 2000, 3100],
    ['bfd-300', 40, 3200],
    ['bfd-50', 40, 3200],
  ])('%s: %d–%d ms', (id, least, most) => {
    const world = worldOf(600_000, {});
    const returns = live(systemOf(id), world).filter(({ a, t }) => a === 1 && t > 0);
    const tookMs = returns.map(({ t }) => t - world.steady(t).since);
    expect(Math.min(...tookMs)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(most);
  });
});

describe('what is shorter than the rule is not noticed', () => {
  test.each([
    ['omr', 80_000],
    ['mwan3', 40_000],
    ['dpinger', 9000],
    ['haproxy', 4000],
    ['phi-accrual', 2000],
    ['keepalived', 1900],
    ['bfd-300', 280],
    ['bfd-50', 45],
  ])('%s: %d ms of silence', (id, lastsMs) => {
    expect(live(systemOf(id), worldOf(lastsMs, {}))).toHaveLength(1);
  });
});

describe('with both servers silent', () => {
  const lastsMs = 300_000;
  const uplink = () => worldOf(lastsMs, { where: 'uplink', target: 'both' });

  test.each(['mwan3', 'haproxy', 'keepalived'])('%s has nobody left, and so no traffic for a while after', (id) => {
    const world = uplink();
    expect(score(world, live(systemOf(id), world)).deadMs / world.episodes.length).toBeGreaterThan(500);
  });

  test.each(['omr', 'dpinger', 'phi-accrual', 'bfd-300', 'bfd-50'])('%s keeps what it has or had last', (id) => {
    const world = uplink();
    expect(score(world, live(systemOf(id), world)).deadMs).toBe(0);
  });
});

test('the quiet time that is left out changes nothing: twice the same run, and a world without trouble without a move', () => {
  const world = worldOf(60_000, { loss: 0.3 }, 2);
  for (const model of MODELS) {
    expect(live(model, world)).toEqual(live(model, world));
    expect(live(model, worldOf(60_000, { loss: 0 }, 2))).toHaveLength(1);
  }
});
