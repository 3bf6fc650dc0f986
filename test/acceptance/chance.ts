import { Prng } from '../sim/prng.ts';
import { A, B, C, type Fleet, fleet } from './fleet.ts';
import type { Line } from './world.ts';

/*
 * Evidence that no world would give, quickly: vantages that contradict themselves, reports that jump, controls at any time. What is promised of the
 * form of a trace (order within an instant, doubled lines, the zero of time) has to hold of this too.
 */

const VANTAGES = ['weur', 'enam', 'apac'];
const SERVERS = ['a', 'b', 'c'];
const SITES = ['home', 'office'];

const TWO_CHECKS = [
  { kind: 'tls' as const, port: 65500 },
  { kind: 'banner' as const, port: 22, critical: false },
];

/** Short times, so that a few hundred lines see hold-downs, stages, leases and expiries. */
export const CHANCE_FLEET: Fleet = fleet({
  vantages: VANTAGES,
  servers: [{ ...A, check: TWO_CHECKS }, B, C],
  sites: [
    {
      id: 'home',
      servers: SERVERS,
      preempt_delay_s: 5,
      stage_soak_s: 5,
      lease_s: 30,
      trust_outside: true,
      quality: { max_loss: 0.3, window_s: 5 },
    },
    { id: 'office', servers: SERVERS, preempt_delay_s: 5, stage_soak_s: 5, lease_s: 30, policy: 'weighted', preempt: false },
  ],
  probing: { interval_s: 5, timeout_ms: 1000, fall: 2, rise: 2 },
});

/** The same seed gives the same lines, in the order of time, several of most instants. */
export function linesByChance(seed: number, instants: number): Line[] {
  const chance = new Prng(`acceptance/${seed}`);
  const lines: Line[] = [];
  let t = 0;
  for (let n = 0; n < instants; n++) {
    for (let count = chance.int(1, 6); count > 0; count--) lines.push({ t, ...lineByChance(chance, t) });
    t += chance.pick([1, 200, 1000, 1000, 1000, 2500, 7000]);
  }
  return lines;
}

function lineByChance(chance: Prng, t: number): Omit<Line, 't'> & { type: string } {
  const [vantage, server, site] = [chance.pick(VANTAGES), chance.pick(SERVERS), chance.pick(SITES)];
  const until = chance.chance(0.7) ? { until: t + chance.int(1, 40) * 500 } : {};
  const kind = chance.next();
  if (kind < 0.35) {
    const ok = chance.chance(0.6);
    return {
      type: 'probe',
      vantage,
      server,
      check: server === 'a' ? chance.int(0, 1) : 0,
      ok,
      reason: chance.pick(['timeout', 'refused']),
      ms: 20,
    };
  }
  if (kind < 0.45) return { type: 'witness', vantage, ok: chance.chance(0.8) };
  if (kind < 0.85) {
    const alive = chance.chance(0.75);
    return { type: 'path', site, server, alive, rttMs: chance.int(20, 90), loss: alive ? chance.pick([0, 0, 0.1, 0.5]) : 1 };
  }
  if (kind < 0.93) return { type: 'poll', site, applied: chance.int(0, 3) };
  if (kind < 0.95) return { type: 'pin', site, server, ...until };
  if (kind < 0.96) return { type: 'unpin', site };
  if (kind < 0.97) return { type: 'drill', site };
  if (kind < 0.985) return { type: 'maintenance', server, ...until };
  return { type: 'resign', server };
}

/** The lines of each instant in another order. */
export function shuffled(lines: readonly Line[], seed: number): Line[] {
  const chance = new Prng(`shuffle/${seed}`);
  return lines
    .map((line) => ({ line, place: chance.next() }))
    .sort((a, b) => a.line.t - b.line.t || a.place - b.place)
    .map(({ line }) => line);
}

/** Some lines twice, or three times, somewhere in their instant. */
export function doubled(lines: readonly Line[], seed: number): Line[] {
  const chance = new Prng(`double/${seed}`);
  return shuffled(
    lines.flatMap((line) => (chance.chance(0.3) ? [line, line, line] : [line])),
    seed,
  );
}

/** The same story, told from another zero of time. */
export function later(lines: readonly Line[], ms: number): Line[] {
  return lines.map((line) => ({ ...line, t: line.t + ms, ...(typeof line.until === 'number' ? { until: line.until + ms } : {}) }));
}
