/** A migration step. */
export const DELIVERY_TABLE = `
  CREATE TABLE delivery (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (kind, id, region)
  ) STRICT, WITHOUT ROWID`;

/** An object that takes snapshots. A vantage is its region too: in another region it is another object. */
export interface Target {
  kind: 'site' | 'vantage';
  id: string;
  /** Empty for a site. */
  region: string;
}

/** A target, and the revision of a snapshot. */
export interface Taken {
  target: Target;
  revision: number;
}

type Row = { kind: Target['kind']; id: string; region: string; revision: number };

/** Who has not taken the newest snapshot yet: a row each, until it has. A row may stay a little longer: then a snapshot is sent twice, and ignored. */
export class Outstanding {
  private readonly sql: SqlStorage;
  private readonly waiting = new Map<string, Taken>();

  constructor(sql: SqlStorage) {
    this.sql = sql;
    for (const { kind, id, region, revision } of sql.exec<Row>('SELECT kind, id, region, revision FROM delivery'))
      this.note({ kind, id, region }, revision);
  }

  /** In the transaction of what made the snapshot new. */
  post(targets: readonly Target[], revision: number): void {
    for (const target of targets) {
      const { kind, id, region } = target;
      this.sql.exec('INSERT OR REPLACE INTO delivery (kind, id, region, revision) VALUES (?, ?, ?, ?)', kind, id, region, revision);
      this.note(target, revision);
    }
  }

  get size(): number {
    return this.waiting.size;
  }

  list(): Target[] {
    return [...this.waiting.values()].map(({ target }) => target);
  }

  /** The target has taken the snapshot of this revision. False: there is a newer one, which stays outstanding. The row is for `forget`. */
  taken(target: Target, revision: number): boolean {
    const key = keyOf(target);
    const newest = this.waiting.get(key)?.revision ?? revision;
    if (newest > revision) return false;
    this.waiting.delete(key);
    return true;
  }

  /** Takes away the rows of what was taken, in the caller's transaction. */
  forget(taken: readonly Taken[]): void {
    for (const { target, revision } of taken) {
      const { kind, id, region } = target;
      this.sql.exec('DELETE FROM delivery WHERE kind = ? AND id = ? AND region = ? AND revision <= ?', kind, id, region, revision);
    }
  }

  private note(target: Target, revision: number): void {
    this.waiting.set(keyOf(target), { target, revision });
  }
}

export function keyOf({ kind, id, region }: Target): string {
  return kind === 'site' ? `site ${id}` : `vantage ${id} in ${region}`;
}
