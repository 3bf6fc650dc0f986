import type { Report } from '../protocol/report.ts';

/** So many directives without a pause are a rush. */
const MANY = 100;
/** A rush is over when no directive has left for so long. The runtime itself may stand still for some 100 ms, with gigabytes to clean up. */
const QUIET_MS = 1_000;
/** How often a poll that yields looks again, with as much of chance on top: so they do not all look at once. */
const LOOK_EVERY_MS = 500;
/** In a large rush they look less often, so that all together look as often as those of a small one, about 1,300 times a second. */
const LOOKS_APART_MS = 0.5;
/** When it is over, the polls that yielded come so far apart. */
const APART_MS = 2;

/** A poll yields for this part of its hold at most, 12.5 s of 50: its site still has the socket of the poll before (`LINGER_MS`). */
const MAX_YIELD_PART = 1 / 4;
/** A shorter hold has no time for it. */
const LEAST_HOLD_MS = 24_000;

/**
 * Thousands of routers that are told at once confirm it at once, each by a poll that costs as much as its directive did: those told last would wait for the
 * confirmations of all others. So in a rush the first poll that confirms what this isolate has just answered yields to the directives.
 */
export class Rush {
  private lastMs = Number.NEGATIVE_INFINITY;
  private nextMs = 0;
  private count = 0;
  /** By site: the epoch that it was told in this rush, until a poll of its has confirmed it. */
  private readonly told = new Map<string, number>();

  /** A directive leaves. */
  note(site: string, epoch: number, nowMs: number): void {
    if (!this.isOn(nowMs)) {
      this.told.clear();
      this.count = 0;
    }
    this.lastMs = nowMs;
    this.told.set(site, epoch);
    this.count++;
  }

  /** Whether a poll of this site, whose report says `applied`, is to yield. Says so once: the next poll of the site has news, or the patience of the first is over. */
  mustYield(site: string, applied: number, nowMs: number): boolean {
    if (this.count < MANY || !this.isOn(nowMs) || this.told.get(site) !== applied) return false;
    return this.told.delete(site);
  }

  /** How long a poll that yields waits before it looks again; null: the rush is over. `chance`: 0–1. */
  lookAgainMs(nowMs: number, chance: number): number | null {
    return this.isOn(nowMs) ? Math.max(LOOK_EVERY_MS, this.count * LOOKS_APART_MS) * (1 + chance) : null;
  }

  /** How long a poll waits for its turn among those that have yielded. */
  turnMs(nowMs: number): number {
    this.nextMs = Math.max(this.nextMs, nowMs) + APART_MS;
    return this.nextMs - nowMs;
  }

  private isOn(nowMs: number): boolean {
    return nowMs - this.lastMs < QUIET_MS;
  }
}

/** Lets directives pass that are on their way to others, and answers with how long that took. A router that has left a path by itself is heard at once. */
export async function yieldTo(rush: Rush, { site, applied, latched = [] }: Report, holdMs: number): Promise<number> {
  const startMs = Date.now();
  if (holdMs < LEAST_HOLD_MS || latched.length > 0 || !rush.mustYield(site, applied, startMs)) return 0;
  const untilMs = startMs + holdMs * MAX_YIELD_PART;
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, untilMs - Date.now())));
  while (Date.now() < untilMs) {
    const lookAgainMs = rush.lookAgainMs(Date.now(), Math.random());
    await wait(lookAgainMs ?? rush.turnMs(Date.now()));
    if (lookAgainMs === null) break;
  }
  return Date.now() - startMs;
}
