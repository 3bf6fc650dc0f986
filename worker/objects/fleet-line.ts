import type { ChannelState } from '../notify/progress.ts';
import type { Scheme } from '../notify/registry.ts';
import { TIMEOUT_MS } from '../notify/send.ts';
import type { ChannelReport } from './contract.ts';

/**
 * How long a message waits for what belongs to it: a server's failure is seen by the vantages, its sites and their agents within seconds of each other,
 * and is one message.
 */
const GROUP_WAIT_MS = 10_000;

/** One `[[notify]]` of the fleet file. */
export interface Line {
  index: number;
  key: string;
  url: string;
  scheme: Scheme;
  events: ReadonlySet<string>;
  state: ChannelState;
  /** When the oldest row that it has to tell was written; null: nothing waits. */
  waitingSinceMs: number | null;
  flightSinceMs: number | null;
  /** Why nothing can be sent at all: a missing secret, a wrong URL. Only a new fleet file or a new life of the object changes it. */
  blocked: string | null;
}

/** When this channel wants to send. In flight: when its attempt must be over, so that a killed object finds its alarm set. */
export function dueMsOf({ state, blocked, flightSinceMs, waitingSinceMs }: Line): number | null {
  if (flightSinceMs !== null) return flightSinceMs + 2 * TIMEOUT_MS;
  if (blocked !== null || waitingSinceMs === null) return null;
  return Math.max(state.sealed === null ? waitingSinceMs + GROUP_WAIT_MS : 0, state.retryAtMs ?? 0);
}

/** What the administrator sees of it: neither its URL nor a secret. `waiting`: facts that it has not delivered. */
export function reportOf({ index, scheme, events, state }: Line, blocked: string | null, waiting: number): ChannelReport {
  const { attempts, broken, problem, retryAtMs, deliveredAtMs, dropped } = state;
  return {
    channel: index,
    scheme,
    events: [...events],
    state: blocked !== null ? 'blocked' : broken ? 'broken' : attempts > 0 ? 'retrying' : 'ok',
    problem: blocked ?? problem?.text ?? null,
    since: timeOf(problem?.atMs),
    waiting,
    attempts,
    nextTryAt: timeOf(retryAtMs),
    deliveredAt: timeOf(deliveredAtMs),
    dropped,
  };
}

function timeOf(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}
