import { type Incident, incidentSchema, type TimelineEntry, timelineEntrySchema } from '../protocol/status.ts';
import type { FleetNews } from './fleet-turn.ts';

/** A migration step. */
export const HISTORY_TABLES = `
  CREATE TABLE timeline (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    server TEXT,
    site TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    why TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`;

const MAX_ENTRIES = 1000;
const MAX_INCIDENTS = 500;
const SHOWN_ENTRIES = 100;
const SHOWN_INCIDENTS = 50;

type IncidentRow = { id: string; server: string | null; site: string | null; started_ms: number; ended_ms: number | null; why: string };

/** What happened: timeline and incidents, both bounded. Writes are in the caller's transaction; the same id twice is one fact. */
export class FleetHistory {
  private readonly sql: SqlStorage;
  /** The page asks far more often than something happens. */
  private shown: { timeline: TimelineEntry[]; incidents: Incident[] } | null = null;
  /** With thousands of sites there may be thousands. */
  private unended: readonly Incident[] | null = null;

  constructor(sql: SqlStorage) {
    this.sql = sql;
  }

  /** Timeline newest first, incidents open ones first, as many as are shown. */
  latest(): { timeline: TimelineEntry[]; incidents: Incident[] } {
    this.shown ??= { timeline: this.readTimeline(), incidents: this.readIncidents() };
    return this.shown;
  }

  /** Takes the Fleet's own news. */
  tell(news: FleetNews): void {
    this.addEntries(news.entries);
    for (const { server, atMs } of news.closed) this.close('server', server, atMs);
    this.putIncidents(news.opened.filter(({ server }) => server === undefined || !this.hasOpen(server)));
  }

  addEntries(entries: readonly TimelineEntry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      const atMs = Date.parse(entry.at);
      this.sql.exec('INSERT OR IGNORE INTO timeline (id, at_ms, json) VALUES (?, ?, ?)', entry.id, atMs, JSON.stringify(entry));
    }
    this.sql.exec('DELETE FROM timeline WHERE seq <= (SELECT MAX(seq) FROM timeline) - ?', MAX_ENTRIES);
    this.shown = null;
  }

  /** Opens or closes incidents; one that has ended does not open again, whatever an old message says. */
  putIncidents(incidents: readonly Incident[]): void {
    if (incidents.length === 0) return;
    for (const incident of incidents) this.putIncident(incident);
    this.prune();
    this.forgetIncidents();
  }

  private putIncident({ id, server, site, startedAt, endedAt, why }: Incident): void {
    this.sql.exec(
      `INSERT INTO incident (id, server, site, started_ms, ended_ms, why) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET ended_ms = COALESCE(ended_ms, excluded.ended_ms), why = excluded.why`,
      id,
      server ?? null,
      site ?? null,
      Date.parse(startedAt),
      endedAt === null ? null : Date.parse(endedAt),
      why,
    );
  }

  /** Everything that is open, oldest first. */
  open(): readonly Incident[] {
    const sql = 'SELECT * FROM incident WHERE ended_ms IS NULL ORDER BY started_ms, id';
    this.unended ??= this.sql.exec<IncidentRow>(sql).toArray().map(incidentOf);
    return this.unended;
  }

  /** Ends what is open of a server or a site. */
  close(whose: 'server' | 'site', id: string, atMs: number): void {
    const column = whose === 'server' ? 'server' : 'site';
    this.sql.exec(`UPDATE incident SET ended_ms = ? WHERE ${column} = ? AND ended_ms IS NULL`, atMs, id);
    this.forgetIncidents();
  }

  private hasOpen(server: string): boolean {
    return this.sql.exec('SELECT id FROM incident WHERE server = ? AND ended_ms IS NULL', server).toArray().length > 0;
  }

  private forgetIncidents(): void {
    this.shown = null;
    this.unended = null;
  }

  private prune(): void {
    this.sql.exec(
      `DELETE FROM incident WHERE ended_ms IS NOT NULL AND id NOT IN
       (SELECT id FROM incident ORDER BY ended_ms IS NULL DESC, ended_ms DESC LIMIT ?)`,
      MAX_INCIDENTS,
    );
  }

  private readTimeline(): TimelineEntry[] {
    const rows = this.sql.exec<{ json: string }>('SELECT json FROM timeline ORDER BY at_ms DESC, seq DESC LIMIT ?', SHOWN_ENTRIES);
    return rows.toArray().map(({ json }) => timelineEntrySchema.parse(JSON.parse(json)));
  }

  private readIncidents(): Incident[] {
    const order = 'ended_ms IS NULL DESC, COALESCE(ended_ms, started_ms) DESC, id';
    const rows = this.sql.exec<IncidentRow>(`SELECT * FROM incident ORDER BY ${order} LIMIT ?`, SHOWN_INCIDENTS).toArray();
    return rows.map(incidentOf);
  }
}

function incidentOf(row: IncidentRow): Incident {
  return incidentSchema.parse({
    id: row.id,
    ...(row.server === null ? {} : { server: row.server }),
    ...(row.site === null ? {} : { site: row.site }),
    startedAt: new Date(row.started_ms).toISOString(),
    endedAt: row.ended_ms === null ? null : new Date(row.ended_ms).toISOString(),
    why: row.why,
  });
}
