import { type Fleet, fleetSchema } from '../fleet-file/schema.ts';
import type { FleetVersion } from './contract.ts';
import type { Config } from './fleet-facts.ts';

/** A migration step. */
export const VERSION_TABLE = `
  CREATE TABLE version (
    version INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT`;

/** Older ones are forgotten. */
const MAX_VERSIONS = 100;

type Row = { version: number; at_ms: number; note: string; json: string };

/** Every configuration that was ever in force, up to a bound, with all defaults filled in. */
export class FleetVersions {
  private readonly sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.sql = sql;
  }

  /** In the caller's transaction. */
  add({ version, atMs, fleet }: Config, note: string): void {
    this.sql.exec('INSERT INTO version (version, at_ms, note, json) VALUES (?, ?, ?, ?)', version, atMs, note, JSON.stringify(fleet));
    this.sql.exec('DELETE FROM version WHERE version <= ?', version - MAX_VERSIONS);
  }

  /** The one in force; null before the first. */
  latest(): Config | null {
    const [row] = this.sql.exec<Row>('SELECT * FROM version ORDER BY version DESC LIMIT 1').toArray();
    return row === undefined ? null : { version: row.version, atMs: row.at_ms, fleet: read(row) };
  }

  /** Newest first. */
  list(): FleetVersion[] {
    const rows = this.sql.exec<Omit<Row, 'json'>>('SELECT version, at_ms, note FROM version ORDER BY version DESC').toArray();
    return rows.map(({ version, at_ms, note }) => ({ version, at: new Date(at_ms).toISOString(), note }));
  }

  /** The text of one version, as JSON; null when there is none of that number, or no longer. */
  text(version: number): string | null {
    const [row] = this.sql.exec<Pick<Row, 'json'>>('SELECT json FROM version WHERE version = ?', version).toArray();
    return row?.json ?? null;
  }
}

function read(row: Row): Fleet {
  const parsed = fleetSchema.safeParse(JSON.parse(row.json));
  if (!parsed.success)
    throw new Error(`version ${row.version} of the fleet, once accepted, is not readable any more`, { cause: parsed.error });
  return parsed.data;
}
