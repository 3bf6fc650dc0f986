import { type Incident, incidentSchema, type TimelineEntry, timelineEntrySchema } from '../protocol/status.ts';
import { migrate } from './migrations.ts';
import { factSchemas, lasting, NO_FACTS, type SiteFacts } from './site-facts.ts';
import { TOKEN_TABLE } from './token-store.ts';

/** Append-only. */
const MIGRATIONS = [
  'CREATE TABLE fact (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE outbox (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, json TEXT NOT NULL)',
  TOKEN_TABLE,
];

/** With the Fleet out of reach for long, the oldest entries give way: the page shows a hundred. */
const MAX_OUTBOX = 1000;
const MAX_LETTER = 100;

/** What has happened and the Fleet must hear. Ids make a repeated telling harmless. */
export interface News {
  entries: TimelineEntry[];
  incidents: Incident[];
}

/** The rows of one site. */
export class SiteStore {
  private readonly storage: DurableObjectStorage;
  /** By fact: what its row says of everything that lasts. */
  private readonly written = new Map<string, string>();
  /** By fact: the object that was last found to say what its row says. Facts are replaced, never changed in place: it needs no second look. */
  private readonly known = new Map<string, unknown>();

  /** Whether anybody has set this site up: without it, a stranger's guess at an id would leave tables behind. */
  static exists(storage: DurableObjectStorage): boolean {
    return storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'fact'").toArray().length > 0;
  }

  constructor(storage: DurableObjectStorage) {
    this.storage = storage;
    migrate(storage, MIGRATIONS);
  }

  load(): SiteFacts {
    const rows = this.storage.sql.exec<{ key: string; json: string }>('SELECT key, json FROM fact').toArray();
    const stored: Record<string, unknown> = {};
    for (const { key, json } of rows) stored[key] = JSON.parse(json);
    const facts = { ...NO_FACTS };
    for (const key of keysOf(facts)) if (stored[key] !== undefined) assign(facts, key, stored[key]);
    for (const key of keysOf(facts)) if (stored[key] !== undefined) this.written.set(key, JSON.stringify(lasting(key, facts)));
    return facts;
  }

  /** Saves what changed and the news of it, in one transaction. Writes nothing when nothing that lasts has changed, unless `all`. */
  save(facts: SiteFacts, news: News, all = false): void {
    const changed: [keyof SiteFacts, string][] = [];
    for (const key of keysOf(facts)) {
      const isForced = all && (key === 'state' || key === 'agent');
      if (!isForced && this.known.get(key) === facts[key] && this.written.has(key)) continue;
      const picture = JSON.stringify(lasting(key, facts));
      if (isForced || picture !== this.written.get(key)) changed.push([key, picture]);
      else this.known.set(key, facts[key]);
    }
    if (changed.length === 0 && news.entries.length === 0 && news.incidents.length === 0) return;
    this.storage.transactionSync(() => {
      for (const [key] of changed) this.put(key, facts);
      for (const entry of news.entries) this.post('entry', entry);
      for (const incident of news.incidents) this.post('incident', incident);
    });
    for (const [key, picture] of changed) {
      this.written.set(key, picture);
      this.known.set(key, facts[key]);
    }
  }

  /** The oldest news that the Fleet has not taken yet; `upTo` names them for `taken`. */
  pending(): News & { upTo: number } {
    const rows = this.storage.sql
      .exec<{ seq: number; kind: string; json: string }>('SELECT seq, kind, json FROM outbox ORDER BY seq LIMIT ?', MAX_LETTER)
      .toArray();
    const entries = rows.filter((row) => row.kind === 'entry').map((row) => timelineEntrySchema.parse(JSON.parse(row.json)));
    const incidents = rows.filter((row) => row.kind === 'incident').map((row) => incidentSchema.parse(JSON.parse(row.json)));
    return { entries, incidents, upTo: rows.at(-1)?.seq ?? 0 };
  }

  /** The Fleet has taken the news up to here, and the picture that `facts.told` names. */
  taken(upTo: number, facts: SiteFacts): void {
    this.storage.transactionSync(() => {
      if (upTo > 0) this.storage.sql.exec('DELETE FROM outbox WHERE seq <= ?', upTo);
      this.put('told', facts);
    });
    this.written.set('told', JSON.stringify(lasting('told', facts)));
  }

  private put(key: keyof SiteFacts, facts: SiteFacts): void {
    this.storage.sql.exec('INSERT OR REPLACE INTO fact (key, json) VALUES (?, ?)', key, JSON.stringify(facts[key]));
  }

  private post(kind: 'entry' | 'incident', letter: TimelineEntry | Incident): void {
    const { seq } = this.storage.sql
      .exec<{ seq: number }>('INSERT INTO outbox (kind, json) VALUES (?, ?) RETURNING seq', kind, JSON.stringify(letter))
      .one();
    this.storage.sql.exec('DELETE FROM outbox WHERE seq <= ?', seq - MAX_OUTBOX);
  }
}

function keysOf(facts: SiteFacts): (keyof SiteFacts)[] {
  return Object.keys(facts) as (keyof SiteFacts)[];
}

function assign<K extends keyof SiteFacts>(facts: SiteFacts, key: K, value: unknown): void {
  facts[key] = factSchemas[key].parse(value) as SiteFacts[K];
}
