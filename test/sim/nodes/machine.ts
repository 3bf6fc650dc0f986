import { NodeClock } from '../node-clock.ts';

/** Something that can stand still: what is sent to it meanwhile is lost. */
export class Machine {
  /** As the network knows it: `fleet`, `v/v1`, `s/home1`, `a/home1`. */
  readonly name: string;
  readonly clock: NodeClock;
  private halts = 0;

  constructor(name: string, clock = new NodeClock()) {
    this.name = name;
    this.clock = clock;
  }

  get isUp(): boolean {
    return this.halts === 0;
  }

  /** Stops it; the answer lets it go on, once. */
  halt(): () => void {
    this.halts++;
    let stands = true;
    return () => {
      if (stands) this.halts--;
      stands = false;
    };
  }
}
