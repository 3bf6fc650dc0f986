import * as z from 'zod/mini';
import { WORLD } from '../budget/assumptions.ts';
import { DAILY, type Spent, slowdownFor } from '../budget/pace.ts';
import { siteDay } from '../budget/parts.ts';
import { FREE_LIMITS } from '../budget/plans.ts';
import { gbSeconds, NOTHING, type Quota, sum, times, type Usage } from '../budget/usage.ts';
import { SPENDING_PRECISION_MS } from './cadence.ts';
import type { Used } from './odometer.ts';

const DAY_MS = 86_400_000;
/** The present rate is that of so long. */
const WINDOW_MS = 1_800_000;
/** Before so much is known of it, nothing changes: one failover's fast rounds are not a day's rate. */
const LEAST_WINDOW_MS = 600_000;

const usageSchema: z.ZodMiniType<Usage> = z.object({
  workerRequests: z.number(),
  doRequests: z.number(),
  gbSeconds: z.number(),
  rowsWritten: z.number(),
  rowsRead: z.number(),
  storageMb: z.number(),
});
const bookSchema = z.object({ dayMs: z.int(), spent: z.object({ probing: usageSchema, rest: usageSchema }) });
type Book = z.infer<typeof bookSchema>;

/** Where the book is kept: a row. */
export interface Shelf {
  read(): string | null;
  write(json: string): void;
}

/**
 * The fleet's usage since midnight UTC: what the vantages tell of themselves, what the Fleet itself does, and what its routers' polls cost by the model.
 * In memory, and one row an interval.
 */
export class Spending {
  private readonly shelf: Shelf;
  private book: Book;
  private samples: { atMs: number; spent: Spent }[] = [];
  private lookedMs: number;
  private savedMs: number;

  constructor(shelf: Shelf, nowMs: number) {
    this.shelf = shelf;
    const json = shelf.read();
    this.book = json === null ? empty(nowMs) : bookSchema.parse(JSON.parse(json));
    this.lookedMs = nowMs;
    this.savedMs = nowMs;
  }

  probing({ requests, rows, activeMs }: Used): void {
    const usage = { ...NOTHING, doRequests: requests, rowsWritten: rows, gbSeconds: gbSeconds(activeMs) };
    this.book.spent = { ...this.book.spent, probing: sum([this.book.spent.probing, usage]) };
  }

  rest(usage: Partial<Usage>): void {
    this.book.spent = { ...this.book.spent, rest: sum([this.book.spent.rest, { ...NOTHING, ...usage }]) };
  }

  /** The share of each daily limit of the free plan that is spent, 0–1 and more, to the hundredth. */
  shares(): Partial<Record<Quota, number>> {
    const spent = sum([this.book.spent.probing, this.book.spent.rest]);
    return Object.fromEntries(DAILY.map((quota) => [quota, Math.round((spent[quota] / FREE_LIMITS[quota]) * 100) / 100]));
  }

  /** Call it once a minute, with the routers that are heard and the cadence in force: answers with the cadence that the day can afford. */
  look(nowMs: number, routers: number, current: number): { slowdown: number; tight: Quota | null } | null {
    this.rest(times(((nowMs - this.lookedMs) / DAY_MS) * routers, siteDay(WORLD)));
    this.lookedMs = nowMs;
    if (this.book.dayMs !== dayOf(nowMs)) {
      this.book = empty(nowMs);
      this.samples = [];
    }
    if (nowMs >= this.savedMs + SPENDING_PRECISION_MS) {
      this.savedMs = nowMs;
      this.shelf.write(JSON.stringify(this.book));
    }
    const { spent } = this.book;
    this.samples = [...this.samples.filter(({ atMs }) => atMs >= nowMs - WINDOW_MS), { atMs: nowMs, spent }];
    const [oldest] = this.samples;
    if (oldest === undefined || nowMs - oldest.atMs < LEAST_WINDOW_MS) return null;
    const wanted = slowdownFor(spent, rateOf(oldest, { atMs: nowMs, spent }), this.book.dayMs + DAY_MS - nowMs, current);
    // Another cadence has another rate.
    if (wanted.slowdown !== current) this.samples = [];
    return wanted;
  }
}

function rateOf(from: { atMs: number; spent: Spent }, to: { atMs: number; spent: Spent }): Spent {
  const perMs = (a: Usage, b: Usage) => times(1 / (to.atMs - from.atMs), sum([b, times(-1, a)]));
  return { probing: perMs(from.spent.probing, to.spent.probing), rest: perMs(from.spent.rest, to.spent.rest) };
}

function dayOf(nowMs: number): number {
  return Math.floor(nowMs / DAY_MS) * DAY_MS;
}

function empty(nowMs: number): Book {
  return { dayMs: dayOf(nowMs), spent: { probing: NOTHING, rest: NOTHING } };
}
