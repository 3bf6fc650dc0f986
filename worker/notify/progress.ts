import * as z from 'zod/mini';
import { backoffMs } from './backoff.ts';
import type { Dispatched } from './dispatch.ts';

/** A message is given up when it has been tried so often, or is so old: yesterday's outage helps nobody. */
const MAX_ATTEMPTS = 60;
export const MAX_AGE_MS = 86_400_000;

/** How far a channel is. */
export const channelSchema = z.object({
  /** Everything up to this row was sent, given up or not wanted. */
  cursor: z.int(),
  /** The message under way: its rows and its id no longer change, so that a repeat is the same message. `done`: receivers that have it. */
  sealed: z.nullable(z.object({ id: z.string(), upTo: z.int(), done: z.int() })),
  attempts: z.int(),
  retryAtMs: z.nullable(z.int()),
  /** What went wrong last; null: the last message arrived. */
  problem: z.nullable(z.object({ atMs: z.int(), text: z.string() })),
  /** The service refused a message for good. */
  broken: z.boolean(),
  deliveredAtMs: z.nullable(z.int()),
  /** Messages that were given up. */
  dropped: z.int(),
});
export type ChannelState = z.infer<typeof channelSchema>;

/** Nothing is under way. */
export const DONE = { sealed: null, attempts: 0, retryAtMs: null } as const;

export const NEW_CHANNEL: ChannelState = { ...DONE, cursor: 0, problem: null, broken: false, deliveredAtMs: null, dropped: 0 };

/**
 * What an attempt to send the rows up to `upTo` changes. Sent or refused, the message is done with and the next one has its turn; what is blocked waits until
 * somebody sets the secret or the URL right; everything else is tried again later. `random`: 0–1.
 */
export function settled(state: ChannelState, sent: Dispatched, upTo: number, nowMs: number, random: number): Partial<ChannelState> {
  if (sent.kind === 'sent') return { ...DONE, cursor: upTo, problem: null, broken: false, deliveredAtMs: nowMs };
  const problem = { atMs: nowMs, text: sent.kind === 'blocked' ? sent.problem : sent.reason };
  if (sent.kind === 'blocked') return { problem };
  const attempts = state.attempts + 1;
  if (sent.kind === 'refused') return { ...DONE, cursor: upTo, problem, broken: true, dropped: state.dropped + 1 };
  if (attempts >= MAX_ATTEMPTS) return { ...DONE, cursor: upTo, problem, dropped: state.dropped + 1 };
  return { problem, attempts, retryAtMs: nowMs + backoffMs(attempts, sent.retryAfterMs, random) };
}
