import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Problems } from './problems.ts';
import type { StateFile } from './state-file.ts';
import type { AgentState } from './state-schema.ts';

/** Report numbers are reserved in blocks of this many: one write an hour or so, not one a poll. */
const SEQ_BLOCK = 64;
/** A fast write that takes longer than this delays a cut visibly. */
const SLOW_WRITE_MS = 50;
/** A disk that failed (full, read-only) is tried again after this: nobody should have to restart the agent once there is room. */
const RETRY_MS = 5000;

/** Holds the agent's state in memory and on disk. A disk that fails is a problem to report, never a reason to stop; it is tried until it takes the state. */
export interface Keeper {
  state(): AgentState;
  /** Replaces the state; resolves when the disk has it (or refused it, which is a problem on record). */
  put(state: AgentState): Promise<void>;
  /** The same, safe against the death of the process at once and on the disk soon: for a cut, which must not wait for a slow flash. */
  putFast(state: AgentState): void;
  /** The number that the next report will carry. */
  upcomingSeq(): number;
  /** Takes that number. */
  takeSeq(): number;
  /** Resolves when everything is on the disk. */
  idle(): Promise<void>;
}

export interface KeeperDeps {
  problems: Problems;
  log: Log;
  clock: Clock;
}

export function createKeeper(initial: AgentState, file: StateFile, deps: KeeperDeps): Keeper {
  let state = initial;
  let seq = initial.seqCeiling;
  let tail: Promise<void> = Promise.resolve();
  let retrying = false;

  /** One durable write at a time, each of the newest state: a late one never replaces a newer. */
  function sync(): Promise<void> {
    tail = tail.then(async () => {
      const written = state;
      const saved = await file.saveDurable(written, () => state !== written);
      if (saved.ok) deps.problems.clear('state-file');
      else diskFailed(saved.reason);
    });
    return tail;
  }

  function diskFailed(reason: string): void {
    deps.problems.set({ kind: 'state-file', message: `${reason}; going on from memory` });
    if (retrying) return;
    retrying = true;
    deps.clock.after(RETRY_MS, () => {
      retrying = false;
      void sync();
    });
  }

  function putFast(next: AgentState): void {
    state = next;
    const startedAt = deps.clock.now();
    const saved = file.saveFast(state);
    const tookMs = deps.clock.now() - startedAt;
    if (!saved.ok) diskFailed(saved.reason);
    if (tookMs > SLOW_WRITE_MS) deps.log.warn(`writing ${file.path} took ${Math.round(tookMs)} ms`);
    void sync();
  }

  return {
    state: () => state,
    putFast,
    put(next) {
      state = next;
      return sync();
    },
    upcomingSeq: () => seq + 1,
    takeSeq() {
      seq += 1;
      if (seq >= state.seqCeiling) putFast({ ...state, seqCeiling: seq + SEQ_BLOCK });
      return seq;
    },
    idle: () => tail,
  };
}
