import * as z from 'zod/mini';
import { emptyVantage, type VantageState } from '../engine/vantage.ts';
import type { VantageSnapshot } from './contract.ts';
import { migrate } from './migrations.ts';

/** Append-only. */
const MIGRATIONS = ['CREATE TABLE fact (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID'];

const checkSchema = z.object({
  kind: z.enum(['tcp', 'tls', 'http', 'banner']),
  host: z.string(),
  port: z.int(),
  url: z.optional(z.string()),
  expectStatus: z.optional(z.array(z.int())),
  expectBody: z.optional(z.string()),
  critical: z.boolean(),
});

const snapshotSchema: z.ZodMiniType<VantageSnapshot> = z.object({
  revision: z.int(),
  vantage: z.nullable(
    z.object({
      id: z.string(),
      region: z.string(),
      shard: z.optional(z.int()),
      witnesses: z.array(z.string()),
      phase: z.number(),
      rules: z.object({ intervalMs: z.int(), timeoutMs: z.int(), fall: z.int(), rise: z.int(), fastIntervalMs: z.int() }),
      servers: z.array(z.object({ id: z.string(), address: z.string(), checks: z.array(checkSchema) })),
    }),
  ),
});

const stateSchema: z.ZodMiniType<VantageState> = z.object({
  blind: z.boolean(),
  servers: z.record(
    z.string(),
    z.array(
      z.nullable(
        z.object({
          vote: z.enum(['up', 'down', 'unknown']),
          streak: z.int(),
          t: z.int(),
          agreedT: z._default(z.int(), 0),
          reason: z.string(),
        }),
      ),
    ),
  ),
});

/** Where the object really runs, and when it last asked. */
const placeSchema = z.object({ colo: z.nullable(z.string()), askedMs: z.int() });
export type Place = z.infer<typeof placeSchema>;

/** What one vantage keeps: its orders, its detectors as of the last change of a vote, its place. */
export class VantageStore {
  private readonly storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.storage = storage;
    migrate(storage, MIGRATIONS);
  }

  snapshot(): VantageSnapshot | null {
    return this.read('snapshot', snapshotSchema);
  }

  state(): VantageState {
    return this.read('state', stateSchema) ?? emptyVantage();
  }

  place(): Place | null {
    return this.read('place', placeSchema);
  }

  /** New orders and what of the detectors is still true under them, together. */
  saveOrders(snapshot: VantageSnapshot, state: VantageState): void {
    this.storage.transactionSync(() => {
      this.write('snapshot', snapshot);
      this.write('state', state);
    });
  }

  saveState(state: VantageState): void {
    this.write('state', state);
  }

  savePlace(place: Place): void {
    this.write('place', place);
  }

  private read<T>(key: string, schema: z.ZodMiniType<T>): T | null {
    const [row] = this.storage.sql.exec<{ json: string }>('SELECT json FROM fact WHERE key = ?', key).toArray();
    return row === undefined ? null : schema.parse(JSON.parse(row.json));
  }

  private write(key: string, value: unknown): void {
    this.storage.sql.exec('INSERT OR REPLACE INTO fact (key, json) VALUES (?, ?)', key, JSON.stringify(value));
  }
}
