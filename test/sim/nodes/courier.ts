import type { Outstanding, Target } from '../../../worker/objects/outstanding.ts';
import type { World } from '../world.ts';
import type { Machine } from './machine.ts';

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
const PATIENCE_MS = 10_000;

interface Office {
  revision(): number;
  send(target: Target): { to: Machine; deliver: () => void };
  retryAt(ms: number): void;
}

/** The wiring of worker/objects/deliveries.ts on simulated time: what was not acknowledged in time stays outstanding and is tried again. */
export class Courier {
  private readonly world: World;
  private readonly machine: Machine;
  private readonly outstanding: Outstanding;
  private readonly office: Office;
  private readonly underway = new Set<string>();
  private failures = 0;
  private stopped = false;

  constructor(world: World, machine: Machine, outstanding: Outstanding, office: Office) {
    this.world = world;
    this.machine = machine;
    this.outstanding = outstanding;
    this.office = office;
  }

  /** Whoever sent has crashed: nothing that is on its way is waited for. */
  stop(): void {
    this.stopped = true;
  }

  flush(): void {
    for (const target of this.outstanding.list()) {
      const key = `${target.kind} ${target.id} ${target.region}`;
      if (this.underway.has(key)) continue;
      this.underway.add(key);
      this.deliver(target, key);
    }
  }

  private deliver(target: Target, key: string): void {
    const revision = this.office.revision();
    const { to, deliver } = this.office.send(target);
    let answered = false;
    const { edge } = this.world;
    edge.call(this.machine, to, () => {
      deliver();
      edge.call(to, this.machine, () => {
        if (answered || this.stopped) return;
        answered = true;
        this.failures = 0;
        if (this.outstanding.taken(target, revision)) {
          this.outstanding.forget([{ target, revision }]);
          this.underway.delete(key);
        } else this.deliver(target, key);
      });
    });
    this.world.after(PATIENCE_MS, () => {
      if (answered || this.stopped) return;
      answered = true;
      this.underway.delete(key);
      const waitMs = Math.min(FIRST_RETRY_MS * 2 ** this.failures++, LAST_RETRY_MS);
      this.office.retryAt(this.machine.clock.read(this.world.now) + waitMs);
    });
  }
}
