import type { Prng } from '../../../sim/prng.ts';
import { type Episode, type Server, VANTAGES } from './episode.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A kind of trouble, as a site has it for many hours. */
export interface Mix {
  id: string;
  name: string;
  /** What happens, with the numbers. */
  story: string;
  /** What would be right. */
  right: string;
  /** Quiet time between two episodes: at least this, and as much again on average. */
  quietMs: number;
  episode(prng: Prng, from: number): Episode;
}

const CALM = { loss: 1, extraMs: 0, harmful: true, blind: null } as const;

/** A death of the server (seen from everywhere) is as likely as one of the path to it; the standby dies in one case of six. */
function place(prng: Prng): { where: 'server' | 'path'; target: Server } {
  return { where: prng.chance(0.5) ? 'server' : 'path', target: prng.chance(1 / 6) ? 'b' : 'a' };
}

/** Turns between two states, each of an exponential length. */
function turns(prng: Prng, from: number, to: number, badMs: number, goodMs: number): number[] {
  const flips: number[] = [];
  for (let t = from, bad = true; ; bad = !bad) {
    t += -Math.log(1 - prng.next()) * (bad ? badMs : goodMs);
    if (t >= to) return flips;
    flips.push(t);
  }
}

export const MIXES: readonly Mix[] = [
  {
    id: 'clean-death',
    name: 'Clean death',
    story: 'A server, or the path to it, is silent for 5–30 minutes; in one case of six it is the standby.',
    right: 'leave it at once, return when it is back for good',
    quietMs: 15 * MINUTE,
    episode: (prng, from) => ({ ...CALM, ...place(prng), from, to: from + prng.span(5 * MINUTE, 30 * MINUTE), flips: [] }),
  },
  {
    id: 'brown-out',
    name: 'Brown-out',
    story: 'The path to the primary loses 25–60 % of the round trips and takes 100–400 ms longer, for 5–20 minutes: alive, and of no use.',
    right: 'leave it, and do not come back before it is over',
    quietMs: 15 * MINUTE,
    episode: (prng, from) => {
      const loss = 1 - Math.sqrt(1 - (0.25 + 0.35 * prng.next()));
      const to = from + prng.span(5 * MINUTE, 20 * MINUTE);
      return { ...CALM, where: 'path', target: 'a', from, to, flips: [], loss, extraMs: prng.int(100, 400) };
    },
  },
  {
    id: 'bursty-loss',
    name: 'Bursty loss',
    story:
      'Gilbert–Elliott: for 10–30 minutes, bursts of 200 ms on average in which 80 % are lost each way, one each 4 s; half the time on the uplink, half on the path to the primary. 5 % are lost, calls and downloads go on.',
    right: 'stay',
    quietMs: 20 * MINUTE,
    episode: (prng, from) => {
      const to = from + prng.span(10 * MINUTE, 30 * MINUTE);
      const where = prng.chance(0.5) ? 'uplink' : 'path';
      const target = where === 'uplink' ? 'both' : 'a';
      return { ...CALM, where, target, from, to, flips: turns(prng, from, to, 200, 4 * SECOND), loss: 0.8, harmful: false };
    },
  },
  {
    id: 'flapping',
    name: 'Flapping',
    story: 'The primary, or the path to it, dies again and again for 10–30 minutes: down for 3–45 s, then up for 3–60 s.',
    right: 'leave it at once, and do not come back before it has settled',
    quietMs: 20 * MINUTE,
    episode: (prng, from) => {
      const end = from + prng.span(10 * MINUTE, 30 * MINUTE);
      const flips: number[] = [];
      let t = from;
      for (let down = true; t < end || !down; down = !down) {
        t += down ? prng.span(3 * SECOND, 45 * SECOND) : prng.span(3 * SECOND, 60 * SECOND);
        flips.push(t);
      }
      const { where } = place(prng);
      return { ...CALM, where, target: 'a', from, to: t, flips: flips.slice(0, -1) };
    },
  },
  {
    id: 'uplink',
    name: 'Uplink loss',
    story: "The router's only uplink is dead for 1 s–5 minutes: both servers are silent, and both are well.",
    right: 'stay: there is nothing to gain; carry on at once when it is back',
    quietMs: 12 * MINUTE,
    episode: (prng, from) => ({ ...CALM, where: 'uplink', target: 'both', from, to: from + prng.span(SECOND, 5 * MINUTE), flips: [] }),
  },
  {
    id: 'blind',
    name: 'Blind monitor',
    story:
      'For 5 s–5 minutes whatever the router sends to find out is not answered – by the primary (a filter, a rate limit) or by both – while all traffic of users goes on; a vantage of those that have any sees nothing at all.',
    right: 'stay',
    quietMs: 12 * MINUTE,
    episode: (prng, from) => {
      const to = from + prng.span(5 * SECOND, 5 * MINUTE);
      const target = prng.chance(0.5) ? 'a' : 'both';
      return { ...CALM, where: 'monitor', target, from, to, flips: [], harmful: false, blind: prng.pick(VANTAGES) };
    },
  },
];
