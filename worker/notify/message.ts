import * as z from 'zod/mini';
import { NOTIFY_EVENTS } from '../fleet-file/schema.ts';

/** Apprise's four kinds of notification. */
export const TYPES = ['info', 'success', 'warning', 'failure'] as const;
export type NoticeType = (typeof TYPES)[number];

/** One thing that people are told of. `id` names the fact (an incident's transition, a timeline entry): the same id is told once. */
export const noticeSchema = z.object({
  id: z.string(),
  event: z.enum([...NOTIFY_EVENTS, 'test']),
  type: z.enum(TYPES),
  /** RFC 3339, UTC. */
  at: z.string(),
  title: z.string(),
  why: z.string(),
  incident: z.optional(z.string()),
  server: z.optional(z.string()),
  site: z.optional(z.string()),
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  epoch: z.optional(z.number()),
});
export type Notice = z.infer<typeof noticeSchema>;

/** What a channel sends: everything of one window, as one message. */
export interface Message {
  /** Stable over all attempts, without dots: the idempotency key where the channel has one. */
  id: string;
  event: Notice['event'];
  type: NoticeType;
  at: string;
  title: string;
  text: string;
  fleet: string;
  /** Address of the status page; null while nobody has said it. */
  link: string | null;
  /** All that happened, in order; the first that matters most is what `event`, `type` and `at` are of. */
  notices: Notice[];
}

/** What programs get (`json://` and `webhook://`): the message, the fields of what matters most, and everything that happened. */
export function fieldsOf({ id, event, at, title, text, type, fleet, link, notices }: Message): Record<string, unknown> {
  const { title: _title, type: _type, ...lead } = notices.find((notice) => notice.event === event && notice.at === at) ?? { why: '' };
  return { ...lead, id, title, message: text, type, event, at, fleet, link, events: notices };
}

/** At most `max` UTF-16 units, never half a character. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
