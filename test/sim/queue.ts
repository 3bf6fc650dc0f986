/** Something that will happen; `off` takes it back. */
export interface Ticket {
  t: number;
  off: boolean;
}

interface Entry extends Ticket {
  order: number;
  run: () => void;
}

/** What is to come, by time; what has one time comes in the order in which it was planned. A binary heap. */
export class Queue {
  private readonly heap: Entry[] = [];
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  push(t: number, run: () => void): Ticket {
    const entry: Entry = { t, order: this.order++, run, off: false };
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
    return entry;
  }

  /** The earliest entry that still stands, taken out; null when nothing is left. */
  pop(): { t: number; run: () => void } | null {
    for (;;) {
      const first = this.heap[0];
      if (first === undefined) return null;
      const last = this.heap.pop();
      if (last !== undefined && last !== first) {
        this.heap[0] = last;
        this.sink(0);
      }
      if (!first.off) return first;
    }
  }

  private rise(index: number): void {
    let i = index;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.isBefore(i, parent)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  private sink(index: number): void {
    let i = index;
    for (;;) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = i;
      if (left < this.heap.length && this.isBefore(left, least)) least = left;
      if (right < this.heap.length && this.isBefore(right, least)) least = right;
      if (least === i) return;
      this.swap(i, least);
      i = least;
    }
  }

  private isBefore(i: number, j: number): boolean {
    const a = this.heap[i];
    const b = this.heap[j];
    if (a === undefined || b === undefined) return false;
    return a.t < b.t || (a.t === b.t && a.order < b.order);
  }

  private swap(i: number, j: number): void {
    const a = this.heap[i];
    const b = this.heap[j];
    if (a === undefined || b === undefined) return;
    this.heap[i] = b;
    this.heap[j] = a;
  }
}
