/** What many bring within a moment is done at once: thousands that speak together cost a few transactions, and not one each. */
export class Batch<T> {
  private readonly waitMs: number;
  private readonly work: (items: readonly T[]) => void;
  private items: T[] = [];
  private done: Promise<void> | null = null;

  /** `work` is called with everything that came within `waitMs` of the first. */
  constructor(waitMs: number, work: (items: readonly T[]) => void) {
    this.waitMs = waitMs;
    this.work = work;
  }

  /** Resolves when the work has been done with this item, and rejects when it failed: then nothing of that moment counts as done. */
  add(item: T): Promise<void> {
    this.items.push(item);
    this.done ??= this.doSoon();
    return this.done;
  }

  private async doSoon(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.waitMs));
    const { items } = this;
    this.items = [];
    this.done = null;
    this.work(items);
  }
}
