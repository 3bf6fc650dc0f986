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

type Letter = { kind: 'entry'; letter: TimelineEntry } | { kind: 'incident'; letter: Incident };
/** A row of the outbox. */
type Row = Letter & { seq: number };

/** What the Fleet's picture of a site shows that `save` may have left to the sockets. */
const PICTURED = ['told', 'state', 'agent'] as const;

/** The rows of one site. */
export class SiteStore {
  private readonly storage: DurableObjectStorage;
  /** By fact: what its row says of everything that lasts, as soon as something has been compared with it. */
  private readonly written = new Map<string, string>();
  /** By fact: the object that was last found to say what its row says. Facts are replaced, never changed in place: it needs no second look. */
  private readonly known = new Map<string, unknown>();
  /** The rows of the outbox, oldest first; null: not read yet. */
  private rows: Row[] | null = null;

  /** Whether anybody has set this site up: without it, a stranger's guess at an id would leave tables behind. */
  static exists(storage: DurableObjectStorage): boolean {
    return storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'fact'").toArray().length > 0;
  }

  /** `isNew`: whether there may be no tables yet. */
  constructor(storage: DurableObjectStorage, isNew = true) {
    this.storage = storage;
    migrate(storage, MIGRATIONS, { isNew });
  }

  load(): SiteFacts {
    const rows = this.storage.sql.exec<{ key: string; json: string }>('SELECT key, json FROM fact').toArray();
    const stored: Record<string, unknown> = {};
    for (const { key, json } of rows) stored[key] = JSON.parse(json);
    const facts = { ...NO_FACTS };
    for (const key of keysOf(facts)) {
      if (stored[key] === undefined) continue;
      assign(facts, key, stored[key]);
      this.known.set(key, facts[key]);
    }
    return facts;
  }

  /** Saves what changed and the news of it, in one transaction. Writes nothing when nothing that lasts has changed, unless `all`. */
  save(facts: SiteFacts, news: News, all = false): void {
    const changed: [keyof SiteFacts, string][] = [];
    for (const key of keysOf(facts)) {
      const isForced = all && (key === 'state' || key === 'agent');
      if (!isForced && this.known.has(key) && this.known.get(key) === facts[key]) continue;
      const picture = JSON.stringify(lasting(key, facts));
      if (isForced || picture !== this.inRow(key)) changed.push([key, picture]);
      else this.known.set(key, facts[key]);
    }
    if (changed.length === 0 && news.entries.length === 0 && news.incidents.length === 0) return;
    // Read again after a transaction that failed.
    const rows = this.outbox();
    this.rows = null;
    this.storage.transactionSync(() => {
      this.put(
        changed.map(([key]) => key),
        facts,
      );
      for (const letter of news.entries) this.post(rows, { kind: 'entry', letter });
      for (const letter of news.incidents) this.post(rows, { kind: 'incident', letter });
    });
    this.rows = rows;
    for (const [key, picture] of changed) {
      this.written.set(key, picture);
      this.known.set(key, facts[key]);
    }
  }

  /** The oldest news that the Fleet has not taken yet; `upTo` names them for `taken`. */
  pending(): News & { upTo: number } {
    const news: News & { upTo: number } = { entries: [], incidents: [], upTo: 0 };
    for (const { seq, kind, letter } of this.outbox().slice(0, MAX_LETTER)) {
      if (kind === 'entry') news.entries.push(letter);
      else news.incidents.push(letter);
      news.upTo = seq;
    }
    return news;
  }

  /** The Fleet has taken the news up to here, and the picture that `facts.told` names. */
  taken(upTo: number, facts: SiteFacts): void {
    this.storage.transactionSync(() => {
      if (upTo > 0) this.storage.sql.exec('DELETE FROM outbox WHERE seq <= ?', upTo);
      this.put(PICTURED, facts);
    });
    this.rows = this.outbox().filter(({ seq }) => seq > upTo);
    this.written.set('told', JSON.stringify(lasting('told', facts)));
  }

  /** What the row says of everything that lasts; undefined: there is none. */
  private inRow(key: keyof SiteFacts): string | undefined {
    if (!this.written.has(key) && this.known.has(key))
      this.written.set(key, JSON.stringify(lasting(key, { ...NO_FACTS, [key]: this.known.get(key) })));
    return this.written.get(key);
  }

  private put(keys: readonly (keyof SiteFacts)[], facts: SiteFacts): void {
    if (keys.length === 0) return;
    const places = keys.map(() => '(?, ?)').join(', ');
    const values = keys.flatMap((key) => [key, JSON.stringify(facts[key])]);
    this.storage.sql.exec(`INSERT OR REPLACE INTO fact (key, json) VALUES ${places}`, ...values);
  }

  private post(outbox: Row[], { kind, letter }: Letter): void {
    const { seq } = this.storage.sql
      .exec<{ seq: number }>('INSERT INTO outbox (kind, json) VALUES (?, ?) RETURNING seq', kind, JSON.stringify(letter))
      .one();
    outbox.push({ seq, kind, letter } as Row);
    if (outbox.length <= MAX_OUTBOX) return;
    this.storage.sql.exec('DELETE FROM outbox WHERE seq <= ?', seq - MAX_OUTBOX);
    outbox.splice(0, outbox.length - MAX_OUTBOX);
  }

  private outbox(): Row[] {
    this.rows ??= this.storage.sql
      .exec<{ seq: number; kind: string; json: string }>('SELECT seq, kind, json FROM outbox ORDER BY seq')
      .toArray()
      .map(readRow);
    return this.rows;
  }
}

function readRow({ seq, kind, json }: { seq: number; kind: string; json: string }): Row {
  const value: unknown = JSON.parse(json);
  return kind === 'entry'
    ? { seq, kind, letter: timelineEntrySchema.parse(value) }
    : { seq, kind: 'incident', letter: incidentSchema.parse(value) };
}

function keysOf(facts: SiteFacts): (keyof SiteFacts)[] {
  return Object.keys(facts) as (keyof SiteFacts)[];
}

function assign<K extends keyof SiteFacts>(facts: SiteFacts, key: K, value: unknown): void {
  facts[key] = factSchemas[key].parse(value) as SiteFacts[K];
}
