import type { Clock } from '../../../../router-agent/clock.ts';
import { Queue } from '../../../sim/queue.ts';

/** Time that jumps from one thing to the next. Milliseconds; begins at 0. */
export class VirtualTime implements Clock {
  private readonly queue = new Queue();
  private time = 0;

  now(): number {
    return this.time;
  }

  wall(): number {
    return 1_700_000_000_000 + Math.floor(this.time);
  }

  after(ms: number, task: () => void): () => void {
    const ticket = this.queue.push(this.time + Math.max(0, ms), task);
    return () => {
      ticket.off = true;
    };
  }

  runUntil(untilMs: number): void {
    let over = false;
    this.queue.push(untilMs, () => {
      over = true;
    });
    while (!over) {
      const next = this.queue.pop();
      if (next === null) return;
      this.time = next.t;
      next.run();
    }
  }
}
