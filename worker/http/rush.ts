/** So many directives without a pause are a rush. */
const MANY = 50;
/** A rush is over when no directive has left for so long. The runtime itself may stand still for some 100 ms, with gigabytes to clean up. */
const QUIET_MS = 1_000;
/** How often a poll that yields looks again, with as much of chance on top: so they do not all look at once. */
const LOOK_EVERY_MS = 500;
/** When it is over, the polls that yielded come so far apart. */
const APART_MS = 2;

/** A poll yields no longer than this. Its site still has the socket of the poll before (`LINGER_MS`). */
export const MAX_YIELD_MS = 12_000;

/**
 * Thousands of routers that are told at once confirm it at once, each by a poll that costs as much as its directive did: those told last would wait for the
 * confirmations of all others. So in a rush a poll that only confirms what this isolate has just answered yields to the directives.
 */
export class Rush {
  private lastMs = Number.NEGATIVE_INFINITY;
  private nextMs = 0;
  private isMany = false;
  /** By site: the epoch that it was told in this rush, until its next poll may pass. */
  private readonly told = new Map<string, number>();

  /** A directive leaves. */
  note(site: string, epoch: number, nowMs: number): void {
    if (!this.isOn(nowMs)) {
      this.told.clear();
      this.isMany = false;
    }
    this.lastMs = nowMs;
    this.told.set(site, epoch);
    this.isMany ||= this.told.size >= MANY;
  }

  /** How long a poll should wait before it asks again; null: it may pass. `chance`: 0–1. */
  yieldMs(site: string, applied: number, nowMs: number, chance: number): number | null {
    if (!this.isMany || this.told.get(site) !== applied) return null;
    if (this.isOn(nowMs)) return LOOK_EVERY_MS * (1 + chance);
    this.told.delete(site);
    this.nextMs = Math.max(this.nextMs, nowMs) + APART_MS;
    return this.nextMs - nowMs;
  }

  private isOn(nowMs: number): boolean {
    return nowMs - this.lastMs < QUIET_MS;
  }
}
