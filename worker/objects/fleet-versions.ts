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

/** A migration step: the text of a version apart from its row, in parts, because a value has at most 2 MB. */
export const VERSION_TEXT_TABLE = `
  CREATE TABLE version_text (
    version INTEGER NOT NULL,
    part INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (version, part)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO version_text (version, part, text) SELECT version, 0, json FROM version;
  ALTER TABLE version DROP COLUMN json`;

/** In UTF-16 units; at most three bytes each in UTF-8. */
const PART_LENGTH = 500_000;
/** Older ones are forgotten. */
const MAX_VERSIONS = 100;

type Row = { version: number; at_ms: number; note: string };

/** Every configuration that was ever in force, up to a bound, with all defaults filled in. */
export class FleetVersions {
  private readonly sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.sql = sql;
  }

  /** In the caller's transaction. */
  add({ version, atMs, fleet }: Config, note: string): void {
    this.sql.exec('INSERT INTO version (version, at_ms, note) VALUES (?, ?, ?)', version, atMs, note);
    for (const [part, text] of partsOf(JSON.stringify(fleet)).entries())
      this.sql.exec('INSERT INTO version_text (version, part, text) VALUES (?, ?, ?)', version, part, text);
    for (const table of ['version', 'version_text']) this.sql.exec(`DELETE FROM ${table} WHERE version <= ?`, version - MAX_VERSIONS);
  }

  /** The one in force; null before the first. */
  latest(): Config | null {
    const [row] = this.sql.exec<Row>('SELECT * FROM version ORDER BY version DESC LIMIT 1').toArray();
    return row === undefined ? null : { version: row.version, atMs: row.at_ms, fleet: read(row.version, this.text(row.version) ?? '') };
  }

  /** Newest first. */
  list(): FleetVersion[] {
    const rows = this.sql.exec<Row>('SELECT * FROM version ORDER BY version DESC').toArray();
    return rows.map(({ version, at_ms, note }) => ({ version, at: new Date(at_ms).toISOString(), note }));
  }

  /** The text of one version, as JSON; null when there is none of that number, or no longer. */
  text(version: number): string | null {
    const parts = this.sql.exec<{ text: string }>('SELECT text FROM version_text WHERE version = ? ORDER BY part', version).toArray();
    return parts.length === 0 ? null : parts.map(({ text }) => text).join('');
  }
}

function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    // Not between the two halves of one character.
    const isHalf = /[\uD800-\uDBFF]/.test(text[from + PART_LENGTH - 1] ?? '');
    const to = from + PART_LENGTH + (isHalf ? 1 : 0);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

function read(version: number, text: string): Fleet {
  const parsed = fleetSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`version ${version} of the fleet, once accepted, is not readable any more`, { cause: parsed.error });
  return parsed.data;
}
