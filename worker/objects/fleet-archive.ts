import { DAY_MS, HOUR_MS, type Rollup, rollupSchema, type Spans } from '../history/rollup.ts';
import { BAR_DAYS, type Bars, barsOf, historyOf, type Row } from '../history/summary.ts';
import { advance, type Closed, type Healths, sawLatency, startTally, type Tally, tallySchema } from '../history/tally.ts';
import type { DayBars, ServerHistory } from '../protocol/history.ts';
import { HISTORY_PRECISION_MS } from './cadence.ts';
import type { VantageRound } from './contract.ts';

/** A migration step. */
export const ARCHIVE_TABLES = `
  CREATE TABLE tally (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL) STRICT;
  CREATE TABLE rollup (
    server TEXT NOT NULL,
    span TEXT NOT NULL,
    slot INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (server, span, slot)
  ) STRICT, WITHOUT ROWID`;

/** Rows are in rings, so that they are bounded without anything to delete: a server's hour replaces that of eight days before. */
export const RING = { hour: 8 * 24, day: 400 } as const;
/** Sites tell their news by the hundred: without a change, time is accounted by steps. */
const STEP_MS = 1000;
const LENGTH_MS = { hour: HOUR_MS, day: DAY_MS } as const;

type RollupRow = { server: string; start_ms: number; json: string };

/**
 * The past of every server: uptime to the millisecond, latencies by histograms. What is under way is in memory and one row; an hour and a day that have ended
 * are a row each.
 */
export class FleetArchive {
  private readonly sql: SqlStorage;
  private tally: Tally;
  private savedMs: number;
  /** The newest evidence whose latency was counted, by vantage and server. */
  private readonly counted = new Map<string, number>();
  /** Of the public's view: what does not change between two looks at a page must stay the same text. */
  private shown: { tally: Tally; histories: Map<string, ServerHistory>; bars: DayBars | null };
  /** Ended days by server, once they were asked for. */
  private days: Map<string, Row<Spans>[]> | null = null;

  /** `livedUntilMs`: until then the Fleet is known to have lived, in these healths. */
  constructor(sql: SqlStorage, nowMs: number, livedUntilMs: number, healths: Healths) {
    this.sql = sql;
    const [row] = sql.exec<{ json: string }>('SELECT json FROM tally').toArray();
    this.tally = row === undefined ? startTally(nowMs) : tallySchema.parse(JSON.parse(row.json));
    this.savedMs = this.tally.atMs;
    if (livedUntilMs > this.tally.atMs && livedUntilMs <= nowMs) this.account(livedUntilMs, healths, true);
    this.shown = { tally: this.tally, histories: new Map(), bars: null };
  }

  /** In the transaction of a turn: the time up to `t` was lived in these healths. `changed`: one of them is another from now on. Answers the rows written. */
  turn(t: number, healths: Healths, changed: boolean): number {
    if (!changed && t >= this.tally.atMs && t < this.tally.atMs + STEP_MS) return 0;
    const rows = this.account(t, healths, false);
    const isDue = changed || rows > 0 || t >= this.savedMs + HISTORY_PRECISION_MS || t < this.savedMs;
    if (!isDue) return 0;
    this.savedMs = t;
    this.sql.exec('INSERT OR REPLACE INTO tally (id, json) VALUES (1, ?)', JSON.stringify(this.tally));
    this.shown = { tally: this.tally, histories: new Map(), bars: null };
    return rows + 1;
  }

  /** Counts the latencies of evidence that is new. */
  note({ vantage, votes }: VantageRound): void {
    for (const [server, { t, latencyMs }] of Object.entries(votes)) {
      const key = `${vantage} ${server}`;
      if (latencyMs === null || t <= (this.counted.get(key) ?? 0)) continue;
      this.counted.set(key, t);
      this.tally = sawLatency(this.tally, server, vantage, latencyMs);
    }
  }

  /** Null: no such server is watched. */
  history(server: string): ServerHistory | null {
    const { tally, histories } = this.shown;
    const now = tally.servers[server];
    if (now === undefined) return null;
    const known = histories.get(server);
    if (known !== undefined) return known;
    const rows = (span: 'hour' | 'day') =>
      this.read(span, server).map(({ start_ms, json }) => ({ startMs: start_ms, rollup: parse(json) }));
    const history = historyOf({
      atMs: tally.atMs,
      firstMs: now.firstMs,
      hours: rows('hour'),
      days: rows('day'),
      today: now.day,
      hour: now.hour,
    });
    histories.set(server, history);
    return history;
  }

  /** Of every server that is watched. */
  bars(): DayBars {
    const { tally } = this.shown;
    this.shown.bars ??= Object.fromEntries(
      Object.entries(tally.servers).map(([server, { firstMs, day, hour }]) => {
        const known: Bars & { atMs: number; firstMs: number } = {
          atMs: tally.atMs,
          firstMs,
          days: this.endedDays(server),
          today: day,
          hour,
        };
        return [server, barsOf(known)];
      }),
    );
    return this.shown.bars;
  }

  private account(t: number, healths: Healths, trusted: boolean): number {
    const { tally, closed } = advance(this.tally, t, healths, { trusted });
    this.tally = tally;
    for (const ended of closed) this.write(ended);
    if (closed.some(({ span }) => span === 'day')) this.forgetGone(t);
    return closed.length;
  }

  private write({ server, span, startMs, rollup }: Closed): void {
    const slot = Math.floor(startMs / LENGTH_MS[span]) % RING[span];
    const json = JSON.stringify(rollup);
    this.sql.exec(
      'INSERT OR REPLACE INTO rollup (server, span, slot, start_ms, json) VALUES (?, ?, ?, ?, ?)',
      server,
      span,
      slot,
      startMs,
      json,
    );
    if (span === 'day') this.days = null;
  }

  /** Servers that left the fleet are remembered for as long as hours are: a mistake in the fleet file costs no history. */
  private forgetGone(t: number): void {
    const sinceMs = t - RING.hour * HOUR_MS;
    this.sql.exec('DELETE FROM rollup WHERE server IN (SELECT server FROM rollup GROUP BY server HAVING MAX(start_ms) < ?)', sinceMs);
  }

  private read(span: 'hour' | 'day', server: string): RollupRow[] {
    const sinceMs =
      Math.floor(this.shown.tally.atMs / LENGTH_MS[span] - Math.min(RING[span], span === 'day' ? BAR_DAYS : RING.hour)) * LENGTH_MS[span];
    const query = 'SELECT server, start_ms, json FROM rollup WHERE server = ? AND span = ? AND start_ms >= ? AND start_ms < ?';
    return this.sql.exec<RollupRow>(query, server, span, sinceMs, this.shown.tally.atMs).toArray();
  }

  private endedDays(server: string): Row<Spans>[] {
    this.days ??= new Map();
    const known = this.days.get(server);
    if (known !== undefined) return known;
    const days = this.read('day', server).map(({ start_ms, json }) => ({ startMs: start_ms, rollup: parse(json) }));
    this.days.set(server, days);
    return days;
  }
}

function parse(json: string): Rollup {
  return rollupSchema.parse(JSON.parse(json));
}
