import type { Clock } from '../clock.ts';
import type { Lines } from '../dataplane/lines.ts';
import type { Monitor } from '../heartbeat/monitor.ts';

/** What a move needs of a tunnel's monitor. */
export type Movable = Pick<Monitor, 'state' | 'provenSince' | 'isSuspected' | 'patienceMs' | 'ask' | 'detoured'>;

export interface Move {
  /** The first one's answer decides. */
  servers: readonly [string, ...string[]];
  wan: string;
  /** Whether the first one has answered by the new WAN, which it has since `startedAt`. */
  isProven(startedAt: number): boolean;
  withinMs: number;
}

/** Moves living tunnels to another WAN: the mark, then a packet through each, by which the VPS learns the new way at once. */
export interface Mover {
  isMoving(server: string): boolean;
  /** Keeps others from moving these until `task` has ended. */
  alone<T>(servers: readonly string[], task: () => Promise<T>): Promise<T>;
  /** True: proven in time. */
  move(move: Move): Promise<boolean>;
}

/** Questions through a tunnel that has just moved: the first may be lost, and the new way's round trip must be learnt. */
const ASK_AGAIN_MS = 30;
const QUESTIONS = 5;
const LOOK_MS = 10;

export function createMover(lines: Lines, tunnels: ReadonlyMap<string, Movable>, clock: Clock): Mover {
  const moving = new Set<string>();

  function ask(server: string, questions: number): void {
    tunnels.get(server)?.ask();
    if (questions > 1) clock.after(ASK_AGAIN_MS, () => ask(server, questions - 1));
  }

  async function bind(server: string, wan: string): Promise<boolean> {
    tunnels.get(server)?.detoured();
    const done = await lines.bind(server, wan);
    if (done.ok) ask(server, QUESTIONS);
    return done.ok;
  }

  return {
    isMoving: (server) => moving.has(server),
    async alone(servers, task) {
      for (const server of servers) moving.add(server);
      try {
        return await task();
      } finally {
        for (const server of servers) moving.delete(server);
      }
    },
    async move({ servers, wan, isProven, withinMs }) {
      const [first, ...others] = servers;
      const rest = others.map((server) => bind(server, wan));
      const bound = await bind(first, wan);
      const startedAt = clock.now();
      const proven = bound && (await until(clock, () => isProven(startedAt), withinMs));
      await Promise.all(rest);
      return proven;
    },
  };
}

/** Looks again and again; false: it did not become true in time. */
export function until(clock: Clock, condition: () => boolean, withinMs: number): Promise<boolean> {
  const endAt = clock.now() + withinMs;
  return new Promise((resolve) => {
    const look = () => {
      if (condition()) return resolve(true);
      if (clock.now() >= endAt) return resolve(false);
      clock.after(LOOK_MS, look);
    };
    look();
  });
}
