import { Pool } from '../probes/pool.ts';
import { inTime } from './in-time.ts';
import type { Outstanding, Target } from './outstanding.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** An object that does not answer for so long is asked again later. */
const PATIENCE_MS = 10_000;
/** So many are asked at a time: thousands of sites that wake together would only wait for each other. */
const MAX_AT_ONCE = 100;
/** One invocation may ask 1,000 objects (a limit of the platform): the next alarm asks the others. */
const MAX_A_FLUSH = 900;

/** Brings snapshots to those who have not taken them yet: many at a time, each by itself, so that one that hangs keeps only its own place. */
export class Deliveries {
  private readonly outstanding: Outstanding;
  private readonly send: (target: Target) => Promise<number>;
  private readonly pool = new Pool(MAX_AT_ONCE);
  private readonly underway = new Set<string>();
  /** They did not answer the last time: whoever has not been asked yet goes first. */
  private readonly failed = new Set<string>();
  private failures = 0;
  private nextTryMs: number | null = null;

  /** `send` sends the newest snapshot and answers with its revision. */
  constructor(outstanding: Outstanding, send: (target: Target) => Promise<number>) {
    this.outstanding = outstanding;
    this.send = send;
  }

  /** When to call `flush` again; null: all is taken or on its way, and nothing has failed. */
  get retryAtMs(): number | null {
    return this.nextTryMs;
  }

  /** Never throws: what fails stays outstanding. */
  async flush(): Promise<void> {
    const waiting = this.outstanding.list().filter((target) => !this.underway.has(keyOf(target)));
    if (waiting.length === 0) return;
    const isLate = (target: Target) => this.failed.has(keyOf(target));
    const chosen = [...waiting.filter((target) => !isLate(target)), ...waiting.filter(isLate)].slice(0, MAX_A_FLUSH);
    for (const target of chosen) this.underway.add(keyOf(target));
    this.nextTryMs = chosen.length < waiting.length ? Date.now() : null;
    const taken = await Promise.all(chosen.map((target) => this.pool.run(() => this.deliver(target))));
    if (taken.every((ok) => ok)) this.failures = 0;
    else this.nextTryMs ??= Date.now() + Math.min(FIRST_RETRY_MS * 2 ** this.failures++, LAST_RETRY_MS);
  }

  private async deliver(target: Target): Promise<boolean> {
    const key = keyOf(target);
    try {
      do this.outstanding.taken(target, await inTime(this.send(target), PATIENCE_MS));
      while (this.outstanding.has(target));
      this.failed.delete(key);
      return true;
    } catch (error) {
      this.failed.add(key);
      console.warn(`${key} did not take its snapshot: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    } finally {
      this.underway.delete(key);
    }
  }
}

function keyOf({ kind, id, region }: Target): string {
  return kind === 'site' ? `site ${id}` : `vantage ${id} in ${region}`;
}
