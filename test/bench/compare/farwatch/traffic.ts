import type { CounterReader } from '../../../../router-agent/heartbeat/counters.ts';
import type { Counters } from '../../../../router-agent/heartbeat/traffic.ts';
import { Prng } from '../../../sim/prng.ts';
import type { Shares } from '../system.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import type { VirtualTime } from '../world/virtual-time.ts';
import { LOST, type World } from '../world/world.ts';

/** What people behind the router do: somebody asks something each 50 ms on average, and gets an answer. */
const EXCHANGE_MS = 50;
const REQUEST_BYTES = 120;
const ANSWER_BYTES = 800;
/** Over so long a gap in a time in which nothing changes nobody looks at single packets. */
const GAP_MS = 1000;

interface Tunnel extends Counters {
  /** What is on its way here. */
  coming: { at: number; bytes: number }[];
}

/** The two tunnels' devices, with the users' packets and the agent's own in their counters. */
export class Traffic implements CounterReader {
  private readonly world: World;
  private readonly time: VirtualTime;
  private readonly prng = new Prng('compare/traffic');
  private readonly tunnels: Record<Server, Tunnel> = { a: { tx: 0, rx: 0, coming: [] }, b: { tx: 0, rx: 0, coming: [] } };
  private shares: Shares = { a: 1, b: 0 };
  private nextAt = 0;

  constructor(world: World, time: VirtualTime) {
    this.world = world;
    this.time = time;
  }

  /** The device of a server's tunnel. */
  static device(server: Server): string {
    return `tun-${server}`;
  }

  share(shares: Shares): void {
    this.advance();
    this.shares = shares;
  }

  sent(server: Server, bytes: number): void {
    this.tunnels[server].tx += bytes;
  }

  received(server: Server, bytes: number): void {
    this.tunnels[server].rx += bytes;
  }

  read(): ReadonlyMap<string, Counters> {
    this.advance();
    return new Map(SERVERS.map((server) => [Traffic.device(server), this.countersOf(server)]));
  }

  /** One device alone. */
  countersOf(server: Server): Counters {
    this.advance();
    const { tx, rx } = this.tunnels[server];
    return { tx, rx };
  }

  close(): void {
    this.nextAt = Number.POSITIVE_INFINITY;
  }

  private advance(): void {
    const now = this.time.now();
    if (now - this.nextAt > GAP_MS && this.world.steady(this.nextAt).until > now) this.leap(now);
    while (this.nextAt <= now) {
      const server = this.prng.next() < this.shares.a ? 'a' : 'b';
      if (this.shares[server] > 0) this.exchange(this.tunnels[server], server, this.nextAt);
      this.nextAt -= Math.log(1 - this.prng.next()) * EXCHANGE_MS;
    }
    for (const server of SERVERS) this.arrive(this.tunnels[server], now);
  }

  private exchange(tunnel: Tunnel, server: Server, t: number): void {
    tunnel.tx += REQUEST_BYTES;
    const rttMs = this.world.roundTrip(server, t, 'data');
    if (rttMs !== LOST) tunnel.coming.push({ at: t + rttMs, bytes: ANSWER_BYTES });
  }

  private arrive(tunnel: Tunnel, now: number): void {
    if (tunnel.coming.length === 0) return;
    for (const { at, bytes } of tunnel.coming) if (at <= now) tunnel.rx += bytes;
    tunnel.coming = tunnel.coming.filter(({ at }) => at > now);
  }

  /** Many exchanges at once, all answered or none. */
  private leap(now: number): void {
    const exchanges = Math.round((now - this.nextAt) / EXCHANGE_MS);
    for (const server of SERVERS) {
      const tunnel = this.tunnels[server];
      const mine = Math.round(exchanges * this.shares[server]);
      tunnel.tx += mine * REQUEST_BYTES;
      if (this.world.roundTrip(server, this.nextAt, 'data') !== LOST) tunnel.rx += mine * ANSWER_BYTES;
    }
    this.nextAt = now;
  }
}
