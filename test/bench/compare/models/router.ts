import type { Place } from '../system.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import { LOST } from '../world/world.ts';

/** A TCP connection attempt is repeated after 1, 2, 4 s … (RFC 6298 §2.1, and Linux). */
const SYN_RETRY_MS = 1000;
/** Before trouble begins, everybody is asked at the usual pace again. */
const AWAKE_BEFORE_MS = 5000;

/** What a monitor on the router can do: ask, wait, choose. */
export class Router {
  private readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  now(): number {
    return this.place.time.now();
  }

  after(ms: number, task: () => void): () => void {
    return this.place.time.after(ms, task);
  }

  /** One packet through the tunnel; the round trip in milliseconds, or null after `timeoutMs`. */
  ping(server: Server, timeoutMs: number, done: (rttMs: number | null) => void): void {
    const rttMs = this.place.world.roundTrip(server, this.now(), 'probe');
    if (rttMs === LOST || rttMs > timeoutMs) this.after(timeoutMs, () => done(null));
    else this.after(rttMs, () => done(rttMs));
  }

  /** A TCP connection with its retransmissions. */
  connect(server: Server, timeoutMs: number, done: (ok: boolean) => void): void {
    const since = this.now();
    const attempt = (retryMs: number): void => {
      const left = since + timeoutMs - this.now();
      const rttMs = this.place.world.roundTrip(server, this.now(), 'probe');
      if (rttMs !== LOST && rttMs <= left) this.after(rttMs, () => done(true));
      else if (retryMs < left) this.after(retryMs, () => attempt(2 * retryMs));
      else this.after(left, () => done(false));
    };
    attempt(SYN_RETRY_MS);
  }

  /** A packet that arrives after `then`'s delay, or never. */
  send(server: Server, direction: 'there' | 'back', arrived: () => void): void {
    const delayMs = this.place.world.oneWay(server, direction, this.now(), 'probe');
    if (delayMs !== LOST) this.after(delayMs, arrived);
  }

  /** How much of the quiet time ahead may be left out, in milliseconds, by those whom it cannot change: what they do in it they did before. */
  quietMs(): number {
    return Math.max(0, this.place.world.quietUntil(this.now()) - this.now() - AWAKE_BEFORE_MS);
  }

  /** Does something again and again, as long as it may not be left out (`quietMs`) for being well and remembering nothing. */
  every(pauseMs: number, turn: () => 'settled' | 'busy'): void {
    const again = (): void => {
      const turns = turn() === 'settled' ? Math.floor(this.quietMs() / pauseMs) : 0;
      this.after(pauseMs * Math.max(1, turns), again);
    };
    again();
  }

  /** All traffic to this one; null: nowhere. */
  use(server: Server | null): void {
    this.place.carry({ a: server === 'a' ? 1 : 0, b: server === 'b' ? 1 : 0 });
  }
}

/** The first server in order of preference that is up. */
export function firstUp(up: Readonly<Record<Server, boolean>>): Server | null {
  return SERVERS.find((server) => up[server]) ?? null;
}
