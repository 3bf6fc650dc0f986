import { type Notice, noticeSchema } from '../notify/message.ts';
import { subjectOf } from '../notify/notices.ts';
import { type ChannelState, channelSchema } from '../notify/progress.ts';

/** A migration step. */
export const OUTBOX_TABLES = `
  CREATE TABLE notice (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    subject TEXT,
    at_ms INTEGER NOT NULL,
    quiet INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE TABLE notify_channel (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID`;

const MAX_NOTICES = 500;

/**
 * After so many notices of one subject within an hour, the next ones are held back and told together. Three failures and recoveries of one server are
 * news; the fourth within the hour says what the third said.
 */
const FLAP_NOTICES = 6;
const FLAP_WINDOW_MS = 3_600_000;
/** What was held back is told after so long, as one sentence with the count. */
const FLAP_SUMMARY_MS = 600_000;

/** `quiet` of a row: delivered, held back for the next summary, or in a summary already. */
const [LOUD, HELD, SUMMED] = [0, 1, 2];

export interface NoticeRow {
  seq: number;
  atMs: number;
  notice: Notice;
}

type Row = { seq: number; at_ms: number; json: string };

/**
 * What people are to be told, one row a fact, written in the transaction of the fact itself; and how far each channel is with it. Each channel reads the rows
 * in order and at its own pace, so that none waits for another. Rows stay behind for a while: a fact that comes again is known by its id.
 */
export class Outbox {
  private readonly sql: SqlStorage;
  private heldSinceMs: number | null;

  constructor(sql: SqlStorage) {
    this.sql = sql;
    this.heldSinceMs = sql.exec<{ since: number | null }>(`SELECT MIN(at_ms) AS since FROM notice WHERE quiet = ${HELD}`).one().since;
  }

  /** Adds what is not there yet, in the caller's transaction. */
  post(notices: readonly Notice[], nowMs: number): void {
    for (const notice of notices) {
      const subject = subjectOf(notice);
      const before = subject === null ? 0 : this.recent(subject, nowMs);
      const isHeld = before >= FLAP_NOTICES;
      const isLast = before === FLAP_NOTICES - 1;
      const why = `${notice.why}. It changes often: what follows is told together, every ${FLAP_SUMMARY_MS / 60_000} minutes`;
      if (this.add(isLast ? { ...notice, why } : notice, subject, isHeld ? HELD : LOUD, nowMs) && isHeld) this.heldSinceMs ??= nowMs;
    }
    this.sql.exec('DELETE FROM notice WHERE seq <= (SELECT MAX(seq) FROM notice) - ?', MAX_NOTICES);
  }

  /** When what is held back has to be told; null: nothing is. */
  get summaryDueMs(): number | null {
    return this.heldSinceMs === null ? null : this.heldSinceMs + FLAP_SUMMARY_MS;
  }

  /** Tells what was held back, one notice a subject: how often it changed, and how it is now. */
  summarise(nowMs: number): void {
    type Held = { first: number; since: number; count: number; json: string };
    // SQLite takes the bare column from the row of the MAX.
    const held = this.sql.exec<Held>(
      `SELECT MIN(seq) AS first, MIN(at_ms) AS since, COUNT(*) AS count, MAX(seq), json FROM notice WHERE quiet = ${HELD} GROUP BY subject`,
    );
    for (const { first, since, count, json } of held.toArray()) {
      const last = noticeSchema.parse(JSON.parse(json));
      const why = `${count} more ${count === 1 ? 'change' : 'changes'} since ${new Date(since).toISOString().slice(11, 19)} UTC, the last: ${last.why}`;
      this.add({ ...last, id: `flaps-${first}`, title: `${last.title} (flapping)`, why }, null, LOUD, nowMs);
    }
    this.sql.exec(`UPDATE notice SET quiet = ${SUMMED} WHERE quiet = ${HELD}`);
    this.heldSinceMs = null;
  }

  /** What is to be told after that row, oldest first. */
  after(seq: number): NoticeRow[] {
    const rows = this.sql.exec<Row>(`SELECT seq, at_ms, json FROM notice WHERE seq > ? AND quiet = ${LOUD} ORDER BY seq`, seq).toArray();
    return rows.map(({ seq, at_ms, json }) => ({ seq, atMs: at_ms, notice: noticeSchema.parse(JSON.parse(json)) }));
  }

  /** The newest row there ever was. */
  lastSeq(): number {
    return this.sql.exec<{ seq: number }>("SELECT COALESCE(MAX(seq), 0) AS seq FROM sqlite_sequence WHERE name = 'notice'").one().seq;
  }

  channel(key: string): ChannelState | null {
    const [row] = this.sql.exec<{ json: string }>('SELECT json FROM notify_channel WHERE key = ?', key).toArray();
    return row === undefined ? null : channelSchema.parse(JSON.parse(row.json));
  }

  saveChannel(key: string, state: ChannelState): void {
    this.sql.exec('INSERT OR REPLACE INTO notify_channel (key, json) VALUES (?, ?)', key, JSON.stringify(state));
  }

  /** Where people reach the edge, as far as it was said. */
  get origin(): string | null {
    const [row] = this.sql.exec<{ json: string }>("SELECT json FROM notify_channel WHERE key = ''").toArray();
    return row?.json ?? null;
  }

  saveOrigin(origin: string): void {
    if (origin !== this.origin) this.sql.exec("INSERT OR REPLACE INTO notify_channel (key, json) VALUES ('', ?)", origin);
  }

  /** Forgets the channels that are no longer in the fleet file. */
  keepChannels(keys: readonly string[]): void {
    for (const { key } of this.sql.exec<{ key: string }>("SELECT key FROM notify_channel WHERE key <> ''").toArray())
      if (!keys.includes(key)) this.sql.exec('DELETE FROM notify_channel WHERE key = ?', key);
  }

  private recent(subject: string, nowMs: number): number {
    const since = nowMs - FLAP_WINDOW_MS;
    const query = `SELECT COUNT(*) AS n FROM notice WHERE subject = ? AND quiet = ${LOUD} AND at_ms > ?`;
    return this.sql.exec<{ n: number }>(query, subject, since).one().n;
  }

  private add(notice: Notice, subject: string | null, quiet: number, nowMs: number): boolean {
    const insert = 'INSERT OR IGNORE INTO notice (id, subject, at_ms, quiet, json) VALUES (?, ?, ?, ?, ?) RETURNING seq';
    return this.sql.exec(insert, notice.id, subject, nowMs, quiet, JSON.stringify(notice)).toArray().length > 0;
  }
}
