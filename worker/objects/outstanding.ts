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

/** Who has not taken the newest snapshot yet: a row each, until it has. */
export class Outstanding {
  private readonly sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.sql = sql;
  }

  /** In the transaction of what made the snapshot new. */
  post(targets: readonly Target[], revision: number): void {
    for (const { kind, id, region } of targets)
      this.sql.exec('INSERT OR REPLACE INTO delivery (kind, id, region, revision) VALUES (?, ?, ?, ?)', kind, id, region, revision);
  }

  list(): Target[] {
    return this.sql.exec<{ [K in keyof Target]: Target[K] }>('SELECT kind, id, region FROM delivery').toArray();
  }

  /** The target has taken the snapshot of this revision; a newer one stays outstanding. */
  taken({ kind, id, region }: Target, revision: number): void {
    this.sql.exec('DELETE FROM delivery WHERE kind = ? AND id = ? AND region = ? AND revision <= ?', kind, id, region, revision);
  }

  has({ kind, id, region }: Target): boolean {
    return this.sql.exec('SELECT 1 FROM delivery WHERE kind = ? AND id = ? AND region = ?', kind, id, region).toArray().length > 0;
  }
}
