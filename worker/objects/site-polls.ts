import * as z from 'zod/mini';
import { type Directive, directiveSchema } from '../protocol/directive.ts';
import { type Report, reportSchema } from '../protocol/report.ts';
import { isReplaced, type Roster } from './site-roster.ts';

/** The header in which the Worker hands over the agent's token when it opens the socket of a poll. */
export const TOKEN_HEADER = 'x-farwatch-token';

/** What the site answers on the socket of a poll, once: the Worker turns it into the HTTP answer. */
export const pollAnswerSchema = z.union([
  /** `pauseS`: how long the router is asked to wait before it confirms, in seconds. */
  z.object({ status: z.literal(200), directive: directiveSchema, pauseS: z.optional(z.int()) }),
  /** A newer poll took over. */
  z.object({ status: z.literal(204) }),
  z.object({ status: z.literal([401, 404, 409]), detail: z.string() }),
]);
export type PollAnswer = z.infer<typeof pollAnswerSchema>;

/** The last report that counted, and when it came. */
export interface Heard {
  report: Report;
  atMs: number;
}

/** What a socket remembers over the object's sleep. The platform takes at most 16,384 bytes. */
const noteSchema = z.object({
  tokenId: z.string(),
  waiting: z.boolean(),
  /** Its report did not count: it is nobody's presence, and knows nothing. */
  refused: z.optional(z.boolean()),
  heard: z.nullable(z.object({ report: reportSchema, atMs: z.int() })),
});
type Note = z.infer<typeof noteSchema>;

const MAX_NOTE_BYTES = 16_000;

const SUPERSEDED: PollAnswer = { status: 204 };

/**
 * The polls of one site, each a hibernatable socket that the stateless Worker holds. The object sleeps while they wait: what it must know when
 * it wakes (the last report, who is waiting) is attached to the sockets, so that a poll which changes nothing writes no row.
 */
export class SitePolls {
  private readonly ctx: DurableObjectState;
  private last: Heard | null;

  constructor(ctx: DurableObjectState) {
    this.ctx = ctx;
    this.last = newest(this.sockets().map((socket) => readNote(socket)?.heard ?? null));
  }

  /** Takes the socket of a poll whose token was valid; its report comes as the first message. */
  accept(socket: WebSocket, tokenId: string): void {
    this.ctx.acceptWebSocket(socket);
    writeNote(socket, { tokenId, waiting: false, heard: null });
  }

  get heard(): Heard | null {
    return this.last;
  }

  /**
   * Notes a report. `heard`: it counts, and older polls have been ended. `stale`: a younger report of the same instance is known. `fenced`: an agent
   * that started later speaks for the site, and its poll is held or it was heard within the lease. `rows`: what is known without the sockets.
   */
  hear(socket: WebSocket, report: Report, atMs: number, rows: Roster): 'heard' | 'stale' | 'fenced' {
    const { last } = this;
    const speaker = last === null ? rows.speaker : { instance: last.report.instance, atMs: last.atMs };
    const isThere = speaker !== null && (this.waits(speaker.instance) || atMs < speaker.atMs + rows.leaseMs);
    if (isThere && isReplaced({ ...rows, speaker }, report.instance)) return 'fenced';
    if (last?.report.instance === report.instance && report.seq < last.report.seq) return 'stale';
    this.last = { report, atMs };
    for (const older of this.sockets()) {
      if (older === socket) continue;
      this.answer(older, SUPERSEDED);
      older.close(1000, 'a newer poll is here');
    }
    writeNote(socket, { tokenId: readNote(socket)?.tokenId ?? '', waiting: true, heard: this.last });
    return 'heard';
  }

  /** A lease may be shorter than a poll is held. */
  private waits(instance: string): boolean {
    return this.sockets().some((socket) => {
      const note = readNote(socket);
      return note?.waiting === true && note.heard?.report.instance === instance;
    });
  }

  /** Answers one poll, unless it was answered before (false). Its socket stays until the next poll replaces it, or the Worker gives up waiting for one. */
  answer(socket: WebSocket, answer: PollAnswer): boolean {
    const note = readNote(socket);
    if (note === null || !note.waiting) return false;
    writeNote(socket, { ...note, waiting: false });
    send(socket, answer);
    return true;
  }

  /** Refuses a poll whose report does not count. */
  refuse(socket: WebSocket, answer: PollAnswer): void {
    const note = readNote(socket);
    if (note !== null) writeNote(socket, { ...note, refused: true });
    send(socket, answer);
  }

  /** Ends every waiting poll with the directive, to be confirmed `pauseS` seconds later. False: none was waiting. */
  direct(directive: Directive, pauseS: number): boolean {
    return this.sockets().filter((socket) => this.answer(socket, { status: 200, directive, pauseS })).length > 0;
  }

  /** Ends every waiting poll with a refusal; with `tokenId`, only those that it opened. */
  end(answer: PollAnswer, tokenId?: string): void {
    for (const socket of this.sockets()) {
      if (tokenId === undefined || readNote(socket)?.tokenId === tokenId) this.answer(socket, answer);
    }
  }

  /** A socket has gone. True when no other is left that counts: what only the sockets knew must now be kept elsewhere, or it is lost with the next sleep. */
  leave(socket: WebSocket): boolean {
    this.last ??= readNote(socket)?.heard ?? null;
    return !isRefused(socket) && this.sockets().every((other) => other === socket || isRefused(other));
  }

  /** Whether a poll that counts waits, or was answered and its next one is expected. */
  get isHeld(): boolean {
    return !this.sockets().every(isRefused);
  }

  private sockets(): WebSocket[] {
    return this.ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}

function isRefused(socket: WebSocket): boolean {
  return readNote(socket)?.refused === true;
}

function newest(all: readonly (Heard | null)[]): Heard | null {
  let best: Heard | null = null;
  for (const heard of all) if (heard !== null && (best === null || heard.atMs >= best.atMs)) best = heard;
  return best;
}

/** A socket may close between our look at its state and the send: its poll is over then, and the next one gets the answer. */
function send(socket: WebSocket, answer: PollAnswer): void {
  try {
    socket.send(JSON.stringify(answer));
  } catch (error) {
    console.info(`a poll ended before its answer: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What was read or written since the object woke. */
const NOTES = new WeakMap<WebSocket, Note>();

function readNote(socket: WebSocket): Note | null {
  const known = NOTES.get(socket);
  if (known !== undefined) return known;
  const bytes: unknown = socket.deserializeAttachment();
  if (!(bytes instanceof Uint8Array)) return null;
  const note = noteSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  NOTES.set(socket, note);
  return note;
}

/** UTF-8 and not a structured clone of the object: the size is then known. When it is too much, what only people read goes first. */
function writeNote(socket: WebSocket, note: Note): void {
  const slim = note.heard === null ? null : { ...note.heard, report: { ...note.heard.report, problems: [] } };
  for (const heard of [note.heard, slim, null]) {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...note, heard }));
    if (bytes.length > MAX_NOTE_BYTES) continue;
    socket.serializeAttachment(bytes);
    NOTES.set(socket, { ...note, heard });
    return;
  }
}
