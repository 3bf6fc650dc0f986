import type { Ticket } from '../queue.ts';
import type { World } from '../world.ts';
import type { Machine } from './machine.ts';

const USUALLY_LATE_MS = 10;
const BADLY_LATE_MS = 60_000;
/** While its machine stands still it is tried again. */
const RETRY_MS = 2000;

/** A Durable Object's one alarm: it outlives crashes, comes usually within milliseconds, and up to a minute late in bad times (Cloudflare's documentation). */
export class Alarm {
  private readonly world: World;
  private readonly machine: Machine;
  private readonly onFire: (dueMs: number) => void;
  private ticket: Ticket | null = null;
  /** On the machine's own clock; null: none is set. */
  atMs: number | null = null;

  constructor(world: World, machine: Machine, onFire: (dueMs: number) => void) {
    this.world = world;
    this.machine = machine;
    this.onFire = onFire;
  }

  set(atMs: number): void {
    this.clear();
    this.atMs = atMs;
    const late = this.world.truth.is(`late/${this.machine.name}`) ? BADLY_LATE_MS : USUALLY_LATE_MS;
    const waitMs = this.machine.clock.until(atMs, this.world.now) + Math.floor(this.world.noise.next() * late);
    this.ticket = this.world.after(waitMs, () => this.fire());
  }

  clear(): void {
    if (this.ticket !== null) this.ticket.off = true;
    this.ticket = null;
    this.atMs = null;
  }

  private fire(): void {
    if (!this.machine.isUp) {
      this.ticket = this.world.after(RETRY_MS, () => this.fire());
      return;
    }
    const dueMs = this.atMs ?? 0;
    this.ticket = null;
    this.atMs = null;
    this.onFire(dueMs);
  }
}
