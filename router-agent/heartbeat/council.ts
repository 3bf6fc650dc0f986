import type { Monitor, PathState } from './monitor.ts';

/** What the council asks of each path's monitor. */
export type Member = Pick<Monitor, 'state' | 'provenAt' | 'ask'>;

export interface Council {
  /** A path missed a heartbeat. */
  suspected(server: string): void;
  /** A path answered. */
  heard(): void;
  /** A path died or came back. */
  changed(server: string, alive: boolean, state: PathState): void;
}

/**
 * Lets a path be dead only when another one answered a heartbeat that was sent after the first suspicion, or when all are dead. A silence
 * that is the router's own – its uplink, the router itself – ends all paths at nearly the same moment, but one is always condemned first: without
 * a second opinion traffic would move to the next, which is as dead, and every connection would be lost for nothing.
 *
 * The others are asked as soon as one is suspected, so that in the common case their answers are there long before the verdict. A verdict
 * that waits is delivered with the others when the last of them falls: all in one turn, so that nobody decides on half of it.
 */
export function createCouncil(members: ReadonlyMap<string, Member>, now: () => number, deliver: Council['changed']): Council {
  const suspectedAt = new Map<string, number>();
  const waiting = new Map<string, PathState>();

  const othersOf = (server: string) => [...members].filter(([other]) => other !== server);

  function isProven(server: string): boolean {
    const since = suspectedAt.get(server) ?? 0;
    return othersOf(server).some(([other, member]) => {
      const provenAt = member.provenAt();
      return member.state().alive === true && !waiting.has(other) && provenAt !== null && provenAt >= since;
    });
  }

  function deliverWhatIsClear(): void {
    const allSilent = [...members].every(([server, member]) => waiting.has(server) || member.state().alive !== true);
    const clear = [...waiting].filter(([server]) => allSilent || isProven(server));
    for (const [server] of clear) waiting.delete(server);
    for (const [server, state] of clear) deliver(server, false, state);
  }

  return {
    suspected(server) {
      suspectedAt.set(server, now());
      for (const [, member] of othersOf(server)) member.ask();
    },
    heard() {
      if (waiting.size > 0) deliverWhatIsClear();
    },
    changed(server, alive, state) {
      if (alive) {
        waiting.delete(server);
        deliver(server, true, state);
      } else waiting.set(server, state);
      deliverWhatIsClear();
    },
  };
}
