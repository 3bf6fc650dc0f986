import type { Clock } from '../clock.ts';
import type { Monitor } from './monitor.ts';

/** What the council asks of each path's monitor. */
export type Member = Pick<Monitor, 'state' | 'provenSince' | 'isExhausted' | 'ask' | 'condemn'>;

/** Somebody who may find another way to a silent server before it is given up. */
export interface Scout {
  /** A path is seriously suspected; told again and again, in the rhythm in which the others are asked. */
  ask(server: string): void;
  /** It is still suspected; told whenever anybody answers. */
  hint(server: string, since: number): void;
  /** Whether the verdict must wait, because another way is being tried; `exhausted` is called when that is over. `since`: when the suspicion began. */
  holds(server: string, since: number): boolean;
}

export const NO_SCOUT: Scout = { ask: () => undefined, hint: () => undefined, holds: () => false };

export interface Council {
  /** A path is seriously suspected. */
  suspected(server: string): void;
  /** It is not any more, or it is dead. */
  settled(server: string): void;
  /** A path's own evidence says that it is dead. */
  exhausted(): void;
  /** A path answered. */
  heard(): void;
}

/** Another path counts as alive when it answered this many probes in time, all sent after the suspicion. Two, because one may be luck. */
const PROOFS = 2;
/** Its questions follow each other by this much, so that both answers are there before the verdict; later, less often. */
const ASK_AGAIN_MS = 30;
const HASTY_QUESTIONS = 5;
const ASK_SLOWLY_MS = 200;

/**
 * Lets a path be dead only when another one answered probes that were sent after the suspicion – and in time –, or when all are dead. A silence
 * that is the router's own – its uplink, a starved processor – ends all paths at nearly the same moment, but one is always suspected first: without
 * a second opinion traffic would move to the next, which is as dead, and every connection would be lost for nothing.
 *
 * The others are asked as soon as one is suspected, so that in the common case their answers are there long before the verdict. A verdict
 * that waits is undone by any packet of its path; when all fall silent they are condemned in one turn, so that nobody decides on half of it.
 *
 * Before any verdict the scout is asked: a path whose WAN is dead, and that another WAN reaches, is no dead path.
 */
export function createCouncil(members: ReadonlyMap<string, Member>, clock: Clock, scout: Scout = NO_SCOUT): Council {
  const suspectedAt = new Map<string, number>();

  const othersOf = (server: string) => [...members].filter(([other]) => other !== server).map(([, member]) => member);

  function isProven(server: string): boolean {
    const since = suspectedAt.get(server) ?? clock.now();
    return othersOf(server).some((other) => other.state().alive === true && !other.isExhausted() && other.provenSince(since) >= PROOFS);
  }

  function review(): void {
    for (const [server, since] of suspectedAt) scout.hint(server, since);
    const waiting = [...members].filter(([, member]) => member.isExhausted());
    if (waiting.length === 0) return;
    const free = waiting.filter(([server]) => !scout.holds(server, suspectedAt.get(server) ?? clock.now()));
    const allSilent =
      free.length === waiting.length && [...members.values()].every((member) => member.isExhausted() || member.state().alive !== true);
    const clear = free.filter(([server]) => allSilent || isProven(server));
    for (const [, member] of clear) member.condemn();
  }

  function askOthers(server: string, since: number, asked: number): void {
    if (suspectedAt.get(server) !== since) return;
    scout.ask(server);
    for (const other of othersOf(server)) if (other.state().alive === true) other.ask();
    clock.after(asked < HASTY_QUESTIONS ? ASK_AGAIN_MS : ASK_SLOWLY_MS, () => askOthers(server, since, asked + 1));
  }

  return {
    suspected(server) {
      const since = clock.now();
      suspectedAt.set(server, since);
      askOthers(server, since, 0);
    },
    settled: (server) => void suspectedAt.delete(server),
    exhausted: review,
    heard: review,
  };
}
