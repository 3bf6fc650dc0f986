import type { Clock } from '../clock.ts';
import type { Lines } from '../dataplane/lines.ts';
import type { Log } from '../log.ts';
import type { Flaps } from './flaps.ts';
import { chooseHome, type Lodging } from './home.ts';
import { type Movable, type Mover, until } from './mover.ts';
import type { Outside } from './outside.ts';

export interface HomingOptions {
  lines: Lines;
  outside: Outside;
  tunnels: ReadonlyMap<string, Movable>;
  mover: Mover;
  flaps: Flaps;
  clock: Clock;
  log: Log;
  usable(wan: string): boolean;
  /** Traffic goes through this tunnel now. */
  carries(server: string): boolean;
  onMoved(): void;
}

const LOOK_MS = 500;
/** A WAN by which a tunnel did not answer is not tried again with it before this. */
const REPENT_MS = 30_000;
/** While nobody can tell by which WAN a dead tunnel could live, each is tried for so long. */
const TRY_EACH_MS = 3000;
const ANSWER_MIN_MS = 200;
const ANSWER_MAX_MS = 1000;

/** At rest: brings tunnels home to the WAN that is preferred, and away from one that is dead. The result stops it. */
export function startHoming(options: HomingOptions): () => void {
  const { lines, outside, tunnels, mover, flaps, clock, log } = options;
  const notBefore = new Map<string, number>();
  const triedAt = new Map<string, number>();
  let stopped = false;
  let cancel = clock.after(LOOK_MS, () => void look());

  async function look(): Promise<void> {
    // Those that carry nothing go first: if the way is bad after all, they are the ones to find out.
    const servers = [...tunnels.keys()].filter(lines.canBind).sort((a, b) => Number(options.carries(a)) - Number(options.carries(b)));
    for (const server of servers) await tend(server);
    if (!stopped) cancel = clock.after(LOOK_MS, () => void look());
  }

  async function tend(server: string): Promise<void> {
    const current = lines.boundTo(server);
    const tunnel = tunnels.get(server);
    if (stopped || current === null || tunnel === undefined || mover.isMoving(server) || tunnel.isSuspected()) return;
    const { alive } = tunnel.state();
    if (alive === null) return;
    const mayTry = clock.now() - (triedAt.get(server) ?? Number.NEGATIVE_INFINITY) >= TRY_EACH_MS;
    const wan = chooseHome(
      current,
      alive,
      lines.wans.map((each) => lodging(each, server)),
      mayTry,
    );
    if (wan === null || clock.now() < (notBefore.get(`${server} ${wan}`) ?? 0)) return;
    if (alive && !((await stillAnswers(wan, server)) && !tunnel.isSuspected() && !mover.isMoving(server))) return;
    await mover.alone([server], () => (alive ? goHome(server, current, wan) : lookFor(server, wan)));
  }

  /** What is known of the new way may be seconds old: it is asked once more before anything moves. */
  async function stillAnswers(wan: string, server: string): Promise<boolean> {
    if (!tells(wan, server)) return true;
    const askedAt = clock.now();
    outside.ask(wan, server);
    return until(clock, () => outside.provenSince(wan, server, askedAt) > 0, outside.patienceMs(wan, server));
  }

  /** Both ways are open, so that nothing is lost; only an answer to a question that was sent by the new one counts. */
  async function goHome(server: string, from: string, wan: string): Promise<void> {
    const withinMs = Math.min(ANSWER_MAX_MS, Math.max(ANSWER_MIN_MS, 3 * outside.patienceMs(wan, server)));
    const isProven = (startedAt: number) => (tunnels.get(server)?.provenSince(startedAt) ?? 0) > 0;
    if (await mover.move({ servers: [server], wan, isProven, withinMs })) {
      log.info(`${server}: moved from ${from} to ${wan}, which is well`);
      options.onMoved();
      return;
    }
    // Back, and nobody judges it before it had the time to answer there.
    const isHeard = (startedAt: number) => (tunnels.get(server)?.state().heardAt ?? 0) >= startedAt;
    await mover.move({ servers: [server], wan: from, isProven: isHeard, withinMs: ANSWER_MIN_MS });
    flaps.add(wan, clock.now());
    notBefore.set(`${server} ${wan}`, clock.now() + REPENT_MS);
    log.warn(`${server}: does not answer by ${wan}; stays on ${from}`);
  }

  async function lookFor(server: string, wan: string): Promise<void> {
    triedAt.set(server, clock.now());
    const done = await lines.bind(server, wan);
    if (!done.ok) return;
    log.info(`${server}: dead, looked for by ${wan}`);
    tunnels.get(server)?.ask();
  }

  function lodging(wan: string, server: string): Lodging {
    const now = clock.now();
    const wellSince = wellSinceOf(wan, server);
    return {
      wan,
      well: wellSince === null ? null : wellSince !== false,
      wellForMs: typeof wellSince === 'number' ? now - Math.max(wellSince, flaps.lastAt(wan) ?? wellSince) : 0,
      holdMs: flaps.holdMs(wan, now),
    };
  }

  /** False: it is dead; null: nobody can tell. A server that answers no question is judged by those that do, and by the tunnels there. */
  function wellSinceOf(wan: string, server: string): number | false | null {
    if (!options.usable(wan)) return false;
    if (tells(wan, server)) return outside.state(wan, server).alive === true ? (outside.since(wan, server) ?? 0) : false;
    const others = [...tunnels.keys()].filter((other) => tells(wan, other));
    const alive = others.filter((other) => outside.state(wan, other).alive === true);
    if (alive.length > 0) return Math.min(...alive.map((other) => outside.since(wan, other) ?? 0));
    if ([...tunnels].some(([other, tunnel]) => other !== server && lines.boundTo(other) === wan && tunnel.state().alive === true))
      return clock.now();
    return others.length > 0 ? false : null;
  }

  const tells = (wan: string, server: string) => outside.state(wan, server).heardAt !== null;

  return () => {
    stopped = true;
    cancel();
  };
}
