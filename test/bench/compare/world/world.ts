import { Prng } from '../../../sim/prng.ts';
import { type Episode, hits, isBad, type Server } from './episode.ts';
import type { Mix } from './mixes.ts';

/** Everything has come to rest by then; nothing goes wrong before. */
const FIRST_MS = 20 * 60_000;
/** Round trips without trouble, and what they vary by. */
const ROUND_TRIP_MS: Record<Server, number> = { a: 40, b: 46 };
const JITTER = 0.15;
export const LOST = -1;

/**
 * What is true, and what becomes of each packet: a function of time only. So every system that is let into it finds the same world, whatever it asks
 * and how often. Times are milliseconds since it began.
 */
export class World {
  readonly mix: Mix;
  readonly endMs: number;
  readonly episodes: readonly Episode[];
  private readonly salt: number;
  private place = 0;

  constructor(mix: Mix, seed: string, hours: number) {
    const prng = new Prng(`${seed}/${mix.id}`);
    this.mix = mix;
    this.endMs = hours * 3_600_000;
    this.salt = prng.int(0, 2 ** 31 - 1);
    const episodes: Episode[] = [];
    for (let t = FIRST_MS; ; t = episodes.at(-1)?.to ?? t) {
      t += mix.quietMs * (1 - Math.log(1 - prng.next()));
      const episode = mix.episode(prng, t);
      if (episode.to > this.endMs) break;
      episodes.push(episode);
    }
    this.episodes = episodes;
  }

  /** What goes wrong at that time; null: nothing. */
  episodeAt(t: number): Episode | null {
    const { episodes } = this;
    while (this.place > 0 && (episodes[this.place - 1]?.to ?? 0) > t) this.place -= 1;
    while (this.place < episodes.length && (episodes[this.place]?.to ?? 0) <= t) this.place += 1;
    const episode = episodes[this.place];
    return episode !== undefined && episode.from <= t ? episode : null;
  }

  /** Until when nothing goes wrong; `t` itself in the middle of trouble. */
  quietUntil(t: number): number {
    if (this.episodeAt(t) !== null) return t;
    return this.episodes[this.place]?.from ?? this.endMs;
  }

  /** The time around `t` in which every packet of a kind meets the same fate; empty in the middle of trouble that is a matter of chance. */
  steady(t: number): { since: number; until: number } {
    const episode = this.episodeAt(t);
    if (episode === null) return { since: this.episodes[this.place - 1]?.to ?? 0, until: this.episodes[this.place]?.from ?? this.endMs };
    if (episode.loss < 1) return { since: t, until: t };
    const edges = [episode.from, ...episode.flips, episode.to];
    const next = edges.findIndex((edge) => edge > t);
    return { since: edges[next - 1] ?? t, until: edges[next] ?? t };
  }

  /** Whether users are well served over it. */
  isUsable(server: Server, t: number): boolean {
    const episode = this.episodeAt(t);
    return episode === null || !episode.harmful || !hits(episode, server) || !isBad(episode, t);
  }

  /** How long a packet that starts at `t` takes in one direction, in milliseconds; `LOST` when it does not arrive. */
  oneWay(server: Server, direction: 'there' | 'back', t: number, what: 'probe' | 'data'): number {
    const episode = this.episodeAt(t);
    const chance = this.draw(server, direction, t);
    const delay = (ROUND_TRIP_MS[server] / 2) * (1 + JITTER * ((chance * 4096) % 1));
    if (episode === null || !hits(episode, server) || (episode.where === 'monitor' && what === 'data') || !isBad(episode, t)) return delay;
    return chance < episode.loss ? LOST : delay + episode.extraMs / 2;
  }

  /** There and back; `LOST` when either is. */
  roundTrip(server: Server, t: number, what: 'probe' | 'data'): number {
    const there = this.oneWay(server, 'there', t, what);
    if (there === LOST) return LOST;
    const back = this.oneWay(server, 'back', t + there, what);
    return back === LOST ? LOST : there + back;
  }

  /** Whether a vantage gets an answer; a lossy path of the router is nothing that it sees. */
  answersOutside(vantage: string, server: Server, t: number): boolean {
    const episode = this.episodeAt(t);
    if (episode === null) return true;
    return episode.blind !== vantage && !(episode.where === 'server' && hits(episode, server) && isBad(episode, t));
  }

  /** Whether a vantage's witnesses answer it. */
  sees(vantage: string, t: number): boolean {
    return this.episodeAt(t)?.blind !== vantage;
  }

  /** Whether the router reaches the edge, which needs its uplink and no tunnel. */
  reachesEdge(t: number): boolean {
    const episode = this.episodeAt(t);
    return episode === null || episode.where !== 'uplink' || episode.loss < 1;
  }

  /** 0 ≤ x < 1, by the packet's own time: 1/64 ms apart is another packet. */
  private draw(server: Server, direction: 'there' | 'back', t: number): number {
    const tick = Math.floor(t * 64);
    let h = this.salt ^ (server === 'a' ? 0x9e37_79b9 : 0x85eb_ca6b) ^ (direction === 'there' ? 0 : 0x27d4_eb2f);
    h = Math.imul(h ^ ((tick % 4_294_967_296) | 0), 0xcc9e_2d51);
    h = Math.imul(h ^ (h >>> 15) ^ Math.floor(tick / 4_294_967_296), 0x1b87_3593);
    h = Math.imul(h ^ (h >>> 13), 0x85eb_ca6b);
    h = Math.imul(h ^ (h >>> 16), 0xc2b2_ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
  }
}
