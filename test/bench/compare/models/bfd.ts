import { Prng } from '../../../sim/prng.ts';
import type { System } from '../system.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import { firstUp, Router } from './router.ts';

const MULTIPLIER = 3;
/** A session that is not up sends no faster than this (RFC 5880 §6.8.3). */
const SLOW_MS = 1000;

type SessionState = 'down' | 'init' | 'up';

interface Packet {
  state: SessionState;
  /** How fast the sender sends from now on (Desired Min TX Interval). */
  txMs: number;
}

/** One end of a session: its state machine (RFC 5880 §6.8.6, without AdminDown), its detection time, its jittered packets. */
class End {
  state: SessionState = 'up';
  private readonly wires: Wires;
  private heardAt = 0;
  private remoteTxMs: number;
  private sending = (): void => undefined;

  constructor(wires: Wires) {
    this.wires = wires;
    this.remoteTxMs = wires.intervalMs;
    this.speak();
    this.watch();
  }

  hear({ state, txMs }: Packet): void {
    this.heardAt = Math.max(this.heardAt, this.wires.router.now());
    this.remoteTxMs = txMs;
    if (this.state === 'up') {
      if (state === 'down') this.become('down');
    } else if (this.state === 'init') {
      if (state !== 'down') this.become('up');
    } else if (state === 'down') this.become('init');
    else if (state === 'init') this.become('up');
  }

  /** Until then nothing can be missed. */
  rest(untilMs: number): void {
    this.heardAt = Math.max(this.heardAt, untilMs);
  }

  /** A change is told at once. */
  private become(state: SessionState): void {
    this.state = state;
    this.sending();
    this.speak();
    this.wires.changed();
  }

  private txMs(): number {
    return this.state === 'up' ? this.wires.intervalMs : SLOW_MS;
  }

  private speak(): void {
    const restMs = this.wires.restMs();
    if (restMs === 0) this.wires.send({ state: this.state, txMs: this.txMs() });
    this.sending = this.wires.router.after(restMs + this.txMs() * (0.75 + 0.25 * this.wires.chance()), () => this.speak());
  }

  /** The detection time goes by the slower of what we want and what the other one does (§6.8.4). */
  private watch(): void {
    const leftMs = this.heardAt + MULTIPLIER * Math.max(this.wires.intervalMs, this.remoteTxMs) - this.wires.router.now();
    if (leftMs <= 0 && this.state !== 'down') {
      this.remoteTxMs = SLOW_MS;
      this.become('down');
    }
    this.wires.router.after(leftMs > 0 ? leftMs : this.wires.intervalMs, () => this.watch());
  }
}

/** What an end needs of the world. */
interface Wires {
  router: Router;
  intervalMs: number;
  send(packet: Packet): void;
  chance(): number;
  /** How long both may be silent because nothing can happen; 0: they may not. */
  restMs(): number;
  changed(): void;
}

/** A BFD session (asynchronous mode) through each tunnel, and two static routes that follow them. */
function bfd(intervalMs: number): System {
  return {
    id: `bfd-${intervalMs}`,
    name: `BFD ${intervalMs} × ${MULTIPLIER}`,
    rule: `Both ends send each ${intervalMs} ms (less 0–25 % jitter); ${MULTIPLIER} × ${intervalMs} ms of silence, or the other end saying Down, is down. A session comes up again by the three-way handshake at ${SLOW_MS / 1000} s a packet, and its route returns with it. With both down the routes are kept.`,
    sources: [
      'RFC 5880 §6.8.3, §6.8.4, §6.8.6, §6.8.7',
      intervalMs === 300
        ? 'FRR bfdd: detect-multiplier 3, receive-interval and transmit-interval 300'
        : 'BIRD 2: interval 50 ms, multiplier 3, as measured in the lab',
    ],
    start(place) {
      const router = new Router(place);
      const prng = new Prng(`bfd-${intervalMs}`);
      const near = new Map<Server, End>();
      const choose = (): void => {
        const best = firstUp({ a: near.get('a')?.state === 'up', b: near.get('b')?.state === 'up' });
        if (best !== null) router.use(best);
      };
      for (const server of SERVERS) near.set(server, session(server));

      function session(server: Server): End {
        const ends: End[] = [];
        const restMs = (): number => {
          const ms = router.quietMs();
          if (ms === 0 || ends.length < 2 || ends.some(({ state }) => state !== 'up')) return 0;
          for (const end of ends) end.rest(router.now() + ms);
          return ms;
        };
        const wires = (direction: 'there' | 'back', changed: () => void): Wires => ({
          router,
          intervalMs,
          chance: () => prng.next(),
          restMs,
          changed,
          send: (packet) => router.send(server, direction, () => ends[direction === 'there' ? 1 : 0]?.hear(packet)),
        });
        const here = new End(wires('there', choose));
        ends.push(here, new End(wires('back', () => undefined)));
        return here;
      }
    },
  };
}

export const bfd50 = bfd(50);
export const bfd300 = bfd(300);
