import type { Fleet } from '../fleet-file/schema.ts';
import { type Dispatched, type DispatchHost, dispatch, problemOf } from '../notify/dispatch.ts';
import type { Notice } from '../notify/message.ts';
import { type Names, noticesOf, reminder } from '../notify/notices.ts';
import { type ChannelState, DONE, MAX_AGE_MS, NEW_CHANNEL, settled } from '../notify/progress.ts';
import { schemeOf } from '../notify/registry.ts';
import { lastReminder, nextReminderMs } from '../notify/reminders.ts';
import { messageOf } from '../notify/render.ts';
import { hasOpenSecret } from '../notify/target.ts';
import type { Incident, TimelineEntry } from '../protocol/status.ts';
import type { ChannelReport, ChannelTest } from './contract.ts';
import { dueMsOf, type Line, reportOf } from './fleet-line.ts';
import type { NoticeRow, Outbox } from './fleet-outbox.ts';
import type { FleetNews } from './fleet-turn.ts';

const MAX_GROUP = 50;
/** Of the six connections that an object may have at a time. */
const MAX_AT_ONCE = 4;

/** What the Fleet lends. */
export interface NotifierHost extends DispatchHost {
  openIncidents(): readonly Incident[];
  /** A channel's state has changed: `dueMs` is another. */
  moved(): void;
}

/** What happened beside the Fleet's own news: what a site says, or a notice of its own kind (budget). */
export interface Said {
  entries: readonly TimelineEntry[];
  incidents: readonly Incident[];
  notices?: readonly Notice[];
}

/** Tells people what happened, on every channel by itself: writes down (`record`), waits a little for more, sends, and sends again (`flush`). */
export class Notifier {
  private readonly outbox: Outbox;
  private readonly host: NotifierHost;
  private lines: Line[] = [];
  private fleet: Fleet | null = null;
  private reminderDueMs: number | null = null;

  constructor(outbox: Outbox, host: NotifierHost, fleet: Fleet | null) {
    this.outbox = outbox;
    this.host = host;
    this.adopt(fleet);
  }

  /** Takes the channels of a fleet file: one that is known goes on where it is, a new one begins with what happens next. */
  adopt(fleet: Fleet | null, origin?: string): void {
    this.fleet = fleet;
    if (origin !== undefined) this.outbox.saveOrigin(origin);
    const before = new Map(this.lines.map((line) => [line.key, line]));
    const seen = new Map<string, number>();
    this.lines = (fleet?.notify ?? []).map(({ url, events }, index) => {
      const nth = (seen.get(url) ?? 0) + 1;
      seen.set(url, nth);
      const key = nth === 1 ? url : `${nth} ${url}`;
      const fresh = { index, key, url, scheme: schemeOf(url), events: new Set<string>(events), blocked: null };
      const old = before.get(key);
      if (old !== undefined) return Object.assign(old, fresh);
      return { ...fresh, state: this.stateOf(key), waitingSinceMs: null, flightSinceMs: null };
    });
    this.outbox.keepChannels(this.lines.map(({ key }) => key));
    for (const line of this.lines) this.lookFor(line);
    this.reminderDueMs = nextReminderMs(this.lines.length === 0 ? [] : this.host.openIncidents(), Number.NEGATIVE_INFINITY);
  }

  /**
   * Runs `work` and writes down what people are to be told of it, in the caller's transaction: `news` and `said`, and the incidents that it opens or
   * closes. Without channels nothing is written.
   */
  record(nowMs: number, news: readonly FleetNews[], said: Said | undefined, work: () => void): void {
    const isNews = said !== undefined || news.some(({ entries, opened, closed }) => entries.length + opened.length + closed.length > 0);
    const isWatched = this.lines.length > 0;
    const before = isWatched && isNews ? this.host.openIncidents() : [];
    work();
    if (!isWatched || this.lines.length === 0) return;
    const entries = [...news.flatMap((told) => told.entries), ...(said?.entries ?? [])];
    const notices = isNews ? [...this.newsOf(before, { entries, incidents: said?.incidents ?? [] }, nowMs), ...(said?.notices ?? [])] : [];
    const reminders = this.reminderDueMs !== null && nowMs >= this.reminderDueMs ? this.reminders(nowMs) : [];
    const isSummary = (this.outbox.summaryDueMs ?? Number.POSITIVE_INFINITY) <= nowMs;
    if (isSummary) this.outbox.summarise(nowMs);
    if (notices.length + reminders.length > 0) this.outbox.post([...notices, ...reminders], nowMs);
    if (isSummary || notices.length + reminders.length > 0) for (const line of this.lines) this.lookFor(line);
    if (isNews || reminders.length > 0) this.reminderDueMs = nextReminderMs(this.host.openIncidents(), nowMs);
  }

  /** When to call `flush` (and `record`) again; null: nothing is pending. */
  get dueMs(): number | null {
    // While no connection is free, those that wait have their turn when one under way ends (`moved`).
    const lines = this.free > 0 ? this.lines : this.lines.filter((line) => line.flightSinceMs !== null);
    const times = [...lines.map(dueMsOf), this.outbox.summaryDueMs, this.reminderDueMs].filter((time) => time !== null);
    return this.lines.length === 0 || times.length === 0 ? null : Math.min(...times);
  }

  private get free(): number {
    return MAX_AT_ONCE - this.lines.filter((line) => line.flightSinceMs !== null).length;
  }

  /** Sends what is due, a few channels at a time and one message a channel. Never throws; calls `moved` after each. */
  async flush(): Promise<void> {
    const nowMs = Date.now();
    const due = this.lines.filter((line) => line.flightSinceMs === null && (dueMsOf(line) ?? Number.POSITIVE_INFINITY) <= nowMs);
    await Promise.all(due.slice(0, Math.max(this.free, 0)).map((line) => this.deliver(line, nowMs)));
  }

  /** How each channel is, for the administrator. */
  async report(): Promise<ChannelReport[]> {
    return Promise.all(
      this.lines.map(async (line) => {
        const blocked = line.blocked ?? (await problemOf(line.url, this.host));
        return reportOf(line, blocked, this.waiting(line).length);
      }),
    );
  }

  /** Sends a test message now, past all that waits; null: to all channels. One that arrives mends a broken channel. */
  async test(channel: number | null): Promise<ChannelTest[]> {
    const at = iso(Date.now());
    const title = 'this is a test';
    const notice: Notice = { id: `test-${at}`, event: 'test', type: 'info', at, title, why: 'an administrator asked for it; all is well' };
    const lines = this.lines.filter(({ index }) => channel === null || index === channel);
    return Promise.all(
      lines.map(async (line) => {
        const { index, scheme } = line;
        const message = messageOf(newId(), [notice], this.context());
        const sent = await dispatch(line.url, this.host, message, 0, () => undefined);
        if (sent.kind === 'sent' && line.state.broken) this.change(line, { broken: false, problem: null });
        const reason = sent.kind === 'sent' ? null : sent.kind === 'blocked' ? sent.problem : sent.reason;
        return { channel: index, scheme, ok: sent.kind === 'sent', status: 'status' in sent ? (sent.status ?? null) : null, reason };
      }),
    );
  }

  /** What is wrong with the channels of a fleet file, a sentence each. It names no URL and no secret's value. */
  async problems(fleet: Fleet): Promise<string[]> {
    const found = await Promise.all(fleet.notify.map(({ url }) => problemOf(url, this.host)));
    return fleet.notify.flatMap(({ url }, index) => {
      const problem = found[index] ?? null;
      const name = `notify[${index}] (${schemeOf(url)})`;
      const open = hasOpenSecret(url)
        ? [`${name} holds its secret in the fleet file, for all who may read that: write \${NAME} for it`]
        : [];
      return problem === null ? open : [...open, `${name} sends nothing: ${problem}`];
    });
  }

  private stateOf(key: string): ChannelState {
    const known = this.outbox.channel(key);
    if (known !== null) return known;
    const state = { ...NEW_CHANNEL, cursor: this.outbox.lastSeq() };
    this.outbox.saveChannel(key, state);
    return state;
  }

  private newsOf(before: readonly Incident[], { entries, incidents }: Said, nowMs: number): Notice[] {
    const open = this.host.openIncidents();
    const was = new Set(before.map(({ id }) => id));
    const is = new Set(open.map(({ id }) => id));
    const opened = new Map([...open, ...incidents].filter(({ id }) => !was.has(id)).map((incident) => [incident.id, incident]));
    const ended = before.filter(({ id }) => !is.has(id)).map((incident) => ({ ...incident, endedAt: iso(nowMs) }));
    const closed = new Map([...ended, ...incidents.filter(({ endedAt }) => endedAt !== null)].map((incident) => [incident.id, incident]));
    return noticesOf({ opened: [...opened.values()], closed: [...closed.values()], entries }, this.names());
  }

  private reminders(nowMs: number): Notice[] {
    return this.host.openIncidents().flatMap((incident) => {
      const nth = lastReminder(incident, nowMs);
      return nth < 0 ? [] : [reminder(incident, nth, nowMs, this.names())];
    });
  }

  private async deliver(line: Line, nowMs: number): Promise<void> {
    line.flightSinceMs = nowMs;
    try {
      await this.deliverNext(line, nowMs);
    } catch (error) {
      // Its text could hold the URL.
      console.error(`notify[${line.index}]: ${error instanceof Error ? error.name : 'error'} while sending`);
      this.settle(line, { kind: 'later', reason: 'an error of our own' }, line.state.sealed?.upTo ?? line.state.cursor);
    } finally {
      line.flightSinceMs = null;
    }
    this.host.moved();
  }

  private async deliverNext(line: Line, nowMs: number): Promise<void> {
    const rows = this.waiting(line).slice(0, MAX_GROUP);
    const upTo = line.state.sealed?.upTo ?? rows.at(-1)?.seq ?? this.outbox.lastSeq();
    const notices = rows.filter((row) => row.seq <= upTo && nowMs < row.atMs + MAX_AGE_MS).map(({ notice }) => notice);
    if (notices.length === 0) {
      const { dropped } = line.state;
      this.change(line, { ...DONE, cursor: upTo, dropped: rows.length > 0 ? dropped + 1 : dropped });
      return;
    }
    const sealed = line.state.sealed ?? { id: newId(), upTo, done: 0 };
    // Before anything is sent: whatever happens from here on, a repeat is this message again. (The platform sends nothing before the row is safe.)
    if (line.state.sealed === null) this.change(line, { sealed });
    const message = messageOf(sealed.id, notices, this.context());
    const onDone = (done: number) => this.change(line, { sealed: { ...sealed, done } });
    this.settle(line, await dispatch(line.url, this.host, message, sealed.done, onDone), upTo);
  }

  private settle(line: Line, sent: Dispatched, upTo: number): void {
    if (sent.kind === 'blocked') line.blocked = sent.problem;
    this.change(line, settled(line.state, sent, upTo, Date.now(), Math.random()));
  }

  private change(line: Line, more: Partial<ChannelState>): void {
    const hasMoved = more.cursor !== undefined && more.cursor !== line.state.cursor;
    line.state = { ...line.state, ...more };
    if (this.lines.includes(line)) this.outbox.saveChannel(line.key, line.state);
    if (hasMoved) this.lookFor(line);
  }

  private lookFor(line: Line): void {
    line.waitingSinceMs = this.waiting(line)[0]?.atMs ?? null;
  }

  private waiting({ state, events }: Line): NoticeRow[] {
    return this.outbox.after(state.cursor).filter(({ notice }) => events.has(notice.event));
  }

  private context(): { fleet: string; link: string | null } {
    const { PUBLIC_URL } = this.host.env;
    const link = URL.parse(typeof PUBLIC_URL === 'string' ? PUBLIC_URL : (this.outbox.origin ?? ''));
    return { fleet: this.fleet?.fleet.name ?? 'Farwatch', link: link !== null && /^https?:$/.test(link.protocol) ? link.href : null };
  }

  private names(): Names {
    const byId = (rows: readonly { id: string; name: string }[] = []) => Object.fromEntries(rows.map(({ id, name }) => [id, name]));
    return { server: byId(this.fleet?.server), site: byId(this.fleet?.site) };
  }
}

function newId(): string {
  return `msg_${crypto.randomUUID()}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
