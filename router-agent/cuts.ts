import type { Report } from '../worker/protocol/report.ts';
import type { Clock } from './clock.ts';
import { type Carry, mostOf } from './life.ts';
import type { Log } from './log.ts';
import { round } from './path-reports.ts';

/** A change of what carries, that has just been applied. */
export interface Move {
  before: Carry;
  after: Carry;
  /** The clock's `now()`. */
  decidedAt: number;
  /** By server, when it was heard last before the rules changed: an answer that comes meanwhile is not what the decision was made on. */
  lastHeard: ReadonlyMap<string, number | null>;
}

/** The cuts that the agent makes by itself, counted and measured. */
export interface Cuts {
  note(move: Move, isDead: (server: string) => boolean): void;
  /** Since the start, and the last one that could be measured. */
  view(): { count: number; last: Report['lastCut'] };
}

export function createCuts(servers: readonly string[], clock: Clock, log: Log): Cuts {
  let count = 0;
  let last: Report['lastCut'];

  function measure(from: string, to: string, { decidedAt, lastHeard }: Move): void {
    const applyMs = round(clock.now() - decidedAt);
    const heardAt = lastHeard.get(from) ?? null;
    if (heardAt === null) {
      log.warn(`cut: ${from} was never heard, traffic moved to ${to} in ${applyMs} ms`);
      return;
    }
    const silenceMs = round(Math.max(0, decidedAt - heardAt));
    last = { from, to, at: clock.wall(), silenceMs, applyMs };
    log.warn(`cut: ${from} was silent for ${silenceMs} ms, traffic moved to ${to} in ${applyMs} ms`);
  }

  return {
    note(move, isDead) {
      const from = mostOf(servers, move.before.weights);
      const to = mostOf(servers, move.after.weights);
      if (from === null || to === null || from === to) return;
      if (!isDead(from)) {
        log.info(`traffic moves from ${from} to ${to}`);
        return;
      }
      count += 1;
      measure(from, to, move);
    },
    view: () => ({ count, last }),
  };
}
