import type { Clock } from '../clock.ts';
import type { Lines } from '../dataplane/lines.ts';
import type { Scout } from '../heartbeat/council.ts';
import type { Log } from '../log.ts';
import { chooseDetour, type Outlook } from './choice.ts';
import type { Flaps } from './flaps.ts';
import type { Movable, Mover } from './mover.ts';
import type { Outside } from './outside.ts';

export interface DetourOptions {
  lines: Lines;
  outside: Outside;
  tunnels: ReadonlyMap<string, Movable>;
  mover: Mover;
  flaps: Flaps;
  clock: Clock;
  log: Log;
  /** Whether the WAN has an address to send from. */
  usable(wan: string): boolean;
  /** A verdict that waited need not wait any more. */
  review(): void;
  /** Tunnels leave by another WAN now. */
  onMoved(): void;
}

/** How long a moved tunnel has for its answer: three deadlines of the new way, within these. A handshake that is due takes two round trips. */
const ANSWER_MIN_MS = 150;
const ANSWER_MAX_MS = 600;

/**
 * So many answers by another WAN, and none by this one to questions of the same moments, say that it is this WAN, however late we are ourselves: we would have
 * been late for both. A move breaks nothing, and so it needs not wait until the tunnel's own evidence is complete.
 */
const CLEAR_ANSWERS = 3;

/** Tells a dead WAN from a dead VPS, and moves all tunnels of a dead one to another: every connection inside survives. */
export function createDetours(options: DetourOptions): Scout {
  const { lines, outside, tunnels, mover, clock, log } = options;
  /** The suspicion for which every other WAN was tried in vain. */
  const tried = new Map<string, number>();

  const othersOn = (wan: string, server: string) =>
    [...tunnels].filter(([other]) => other !== server && lines.boundTo(other) === wan).map(([other, tunnel]) => ({ other, tunnel }));

  function outlookOf(wan: string, server: string, since: number): Outlook {
    const dueAt = since + outside.patienceMs(wan, server);
    return {
      wan,
      reached: outside.provenSince(wan, server, since) > 0,
      tells: outside.state(wan, server).heardAt !== null,
      waitMs: Math.max(0, dueAt - clock.now()),
      usable: options.usable(wan),
    };
  }

  /** The silent one first, then all that share its WAN and have heard nothing since either. */
  function companions(server: string, from: string, since: number): [string, ...string[]] {
    const silent = othersOn(from, server).filter(
      ({ other, tunnel }) =>
        !mover.isMoving(other) && (tunnel.state().heardAt ?? 0) < since && outside.provenSince(from, other, since) === 0,
    );
    return [server, ...silent.map(({ other }) => other)];
  }

  async function go(server: string, from: string, since: number, wans: readonly string[]): Promise<void> {
    const group = companions(server, from, since);
    const wan = await mover.alone(group, () => firstThatAnswers(group, from, wans));
    if (wan === null) tried.set(server, since);
    else {
      options.flaps.add(from, clock.now());
      log.warn(`${from} is silent: ${group.join(', ')} moved to ${wan}, ${Math.round(clock.now() - since)} ms after the suspicion`);
      options.onMoved();
    }
    options.review();
  }

  async function firstThatAnswers(group: [string, ...string[]], from: string, wans: readonly string[]): Promise<string | null> {
    const [server] = group;
    for (const wan of wans) {
      const withinMs = Math.min(ANSWER_MAX_MS, Math.max(ANSWER_MIN_MS, 3 * outside.patienceMs(wan, server)));
      const isProven = (startedAt: number) => (tunnels.get(server)?.state().heardAt ?? 0) >= startedAt;
      if (await mover.move({ servers: group, wan, isProven, withinMs })) return wan;
      log.info(`${server}: does not answer by ${wan} either`);
    }
    await Promise.all(group.map((each) => lines.bind(each, from)));
    return null;
  }

  return {
    ask(server) {
      for (const wan of lines.wans) outside.ask(wan, server);
      const current = lines.boundTo(server);
      if (current !== null) for (const { other } of othersOn(current, server)) outside.ask(current, other);
    },
    hint(server, since) {
      const current = lines.boundTo(server);
      if (current === null || mover.isMoving(server) || tried.get(server) === since) return;
      const due = clock.now() - since >= outside.patienceMs(current, server);
      if (!due || outside.provenSince(current, server, since) > 0) return;
      const wan = lines.wans.find((other) => other !== current && outside.provenSince(other, server, since) >= CLEAR_ANSWERS);
      if (wan !== undefined) void go(server, current, since, [wan]);
    },
    holds(server, since) {
      const current = lines.boundTo(server);
      if (mover.isMoving(server)) return true;
      if (current === null || tried.get(server) === since) return false;
      const sameWanLives = othersOn(current, server).some(({ tunnel }) => tunnel.state().alive === true && tunnel.provenSince(since) > 0);
      const detour = chooseDetour({ current, sameWanLives, outlooks: lines.wans.map((wan) => outlookOf(wan, server, since)) });
      if (detour.kind === 'stay') return false;
      if (detour.kind === 'wait') clock.after(detour.waitMs, options.review);
      else void go(server, current, since, detour.wans);
      return true;
    },
  };
}
