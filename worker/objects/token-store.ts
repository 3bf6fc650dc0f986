import { LAST_USED_PRECISION_MS } from './cadence.ts';
import type { Outcome, TokenRow } from './contract.ts';
import { hashToken, mintToken, mintTokenId, sameHash, type TokenKind } from './tokens.ts';

/** One to use and one to rotate to. */
const MAX_VALID_TOKENS = 2;

/** A migration step: the table that `TokenStore` needs. */
export const TOKEN_TABLE = `
  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    last_used_ms INTEGER
  )`;

type Row = { id: string; owner: string; hash: string; created_ms: number; last_used_ms: number | null };

/** The tokens of one kind, in one object's storage: hashes only. */
export class TokenStore {
  private readonly sql: SqlStorage;
  private readonly kind: TokenKind;

  constructor(sql: SqlStorage, kind: TokenKind) {
    this.sql = sql;
    this.kind = kind;
  }

  /** The secret is in this answer and nowhere else. 409 when two are valid already. */
  async create(owner: string, nowMs: number): Promise<Outcome<{ id: string; token: string }>> {
    const token = mintToken(this.kind, owner);
    const hash = await hashToken(token);
    if (this.rows(owner).length >= MAX_VALID_TOKENS) {
      return { ok: false, status: 409, reason: `${owner} has ${MAX_VALID_TOKENS} valid tokens already; revoke one first` };
    }
    const id = mintTokenId();
    this.sql.exec('INSERT INTO token (id, owner, hash, created_ms) VALUES (?, ?, ?, ?)', id, owner, hash, nowMs);
    return { ok: true, value: { id, token } };
  }

  list(owner: string): TokenRow[] {
    return this.rows(owner).map((row) => ({
      id: row.id,
      createdAt: new Date(row.created_ms).toISOString(),
      lastUsedAt: row.last_used_ms === null ? null : new Date(row.last_used_ms).toISOString(),
    }));
  }

  revoke(owner: string, id: string): Outcome<null> {
    const { rowsWritten } = this.sql.exec('DELETE FROM token WHERE owner = ? AND id = ?', owner, id);
    if (rowsWritten === 0) return { ok: false, status: 404, reason: `${owner} has no token ${id}` };
    return { ok: true, value: null };
  }

  /** The id of the valid token of that owner with this text; null when there is none. Notes the use, once an hour. */
  async check(owner: string, token: string, nowMs: number): Promise<string | null> {
    const hash = await hashToken(token);
    let found: Row | null = null;
    for (const row of this.rows(owner)) {
      if (sameHash(row.hash, hash)) found = row;
    }
    if (found === null) return null;
    if (found.last_used_ms === null || nowMs - found.last_used_ms >= LAST_USED_PRECISION_MS) {
      this.sql.exec('UPDATE token SET last_used_ms = ? WHERE id = ?', nowMs, found.id);
    }
    return found.id;
  }

  private rows(owner: string): Row[] {
    return this.sql.exec<Row>('SELECT * FROM token WHERE owner = ? ORDER BY created_ms, id', owner).toArray();
  }
}
