import { Pool } from '../probes/pool.ts';
import { Batch } from './batch.ts';
import { inTime } from './in-time.ts';
import { keyOf, type Outstanding, type Taken, type Target } from './outstanding.ts';
import { Turnstile } from './turnstile.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** An object that does not answer for so long is asked again later. */
const PATIENCE_MS = 10_000;
/** So many are asked at a time: thousands of sites that wake together would only wait for each other. */
const MAX_AT_ONCE = 100;
/** After so many there is a moment for everybody else: where all objects share a thread, nothing from outside would be heard or answered until the last is told. */
const MAX_IN_A_ROW = 25;
const MOMENT_MS = 1;
/** One invocation may ask 1,000 objects (a limit of the platform): the next alarm asks the others. */
const MAX_A_FLUSH = 900;
/** The rows of those that took their snapshot within this are taken away together. */
const FORGET_WITHIN_MS = 250;

/** Brings snapshots to those who have not taken them yet: many at a time, each by itself, so that one that hangs keeps only its own place. */
export class Deliveries {
  private readonly outstanding: Outstanding;
  private readonly send: (target: Target) => Promise<number>;
  private readonly rows: Batch<Taken>;
  private readonly pool = new Pool(MAX_AT_ONCE);
  private readonly turnstile = new Turnstile(MAX_IN_A_ROW, MOMENT_MS);
  private readonly underway = new Set<string>();
  /** They did not answer the last time: whoever has not been asked yet goes first. */
  private readonly failed = new Set<string>();
  private failures = 0;
  /** The most that were outstanding since nothing was under way. */
  private most = 0;
  private clearing: Promise<void> = Promise.resolve();
  private nextTryMs: number | null = null;

  /** `send` sends the newest snapshot and answers with its revision. `forget` is `Outstanding.forget`, in a transaction. */
  constructor(outstanding: Outstanding, send: (target: Target) => Promise<number>, forget: (taken: readonly Taken[]) => void) {
    this.outstanding = outstanding;
    this.send = send;
    this.rows = new Batch(FORGET_WITHIN_MS, forget);
  }

  /** When to call `flush` again; null: all is taken or on its way, and nothing has failed. */
  get retryAtMs(): number | null {
    return this.nextTryMs;
  }

  /** How many are told together with those that are being told now. */
  get crowd(): number {
    return this.most;
  }

  /** Settles when the rows of all that was taken are gone. Rejects as the storage does. */
  get cleared(): Promise<void> {
    return this.clearing;
  }

  /** Never throws: what fails stays outstanding. */
  async flush(): Promise<void> {
    const waiting = this.outstanding.list().filter((target) => !this.underway.has(keyOf(target)));
    if (waiting.length === 0) return;
    this.most = Math.max(this.underway.size === 0 ? 0 : this.most, this.outstanding.size);
    const isLate = (target: Target) => this.failed.has(keyOf(target));
    const chosen = [...waiting.filter((target) => !isLate(target)), ...waiting.filter(isLate)].slice(0, MAX_A_FLUSH);
    for (const target of chosen) this.underway.add(keyOf(target));
    this.nextTryMs = chosen.length < waiting.length ? Date.now() : null;
    const taken = await Promise.all(chosen.map((target) => this.settle(target)));
    if (taken.every((ok) => ok)) this.failures = 0;
    else this.nextTryMs ??= Date.now() + Math.min(FIRST_RETRY_MS * 2 ** this.failures++, LAST_RETRY_MS);
  }

  /** Whether the target has taken the newest. Its row goes a little later. */
  private async settle(target: Target): Promise<boolean> {
    const revision = await this.pool.run(async () => {
      await this.turnstile.pass();
      return this.deliver(target);
    });
    if (revision !== null) this.clearing = this.rows.add({ target, revision });
    return revision !== null;
  }

  /** The revision that was taken; null: it failed. */
  private async deliver(target: Target): Promise<number | null> {
    const key = keyOf(target);
    try {
      let revision: number;
      do revision = await inTime(this.send(target), PATIENCE_MS);
      while (!this.outstanding.taken(target, revision));
      this.failed.delete(key);
      return revision;
    } catch (error) {
      this.failed.add(key);
      console.warn(`${key} did not take its snapshot: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    } finally {
      this.underway.delete(key);
    }
  }
}
