import type { Prng } from './prng.ts';

/** How bad one direction of one link is; faults add up. */
export interface Trouble {
  /** Everything is lost. */
  cut: boolean;
  /** Share of messages lost, doubled. */
  loss: number;
  double: number;
  /** Messages take up to this much longer, each by its own draw: so they overtake each other. Milliseconds. */
  delayMs: number;
}

const CALM: Trouble = { cut: false, loss: 0.0005, double: 0.0005, delayMs: 60 };

/** Messages between machines, one direction each: `a/home`, `s/home`, `fleet`, `v/weur`. */
export class Network {
  private readonly rng: Prng;
  private readonly troubles = new Map<string, Trouble[]>();
  private readonly after: (ms: number, run: () => void) => void;

  constructor(rng: Prng, after: (ms: number, run: () => void) => void) {
    this.rng = rng;
    this.after = after;
  }

  /** Spoils one direction; the answer mends it. */
  spoil(from: string, to: string, trouble: Partial<Trouble>): () => void {
    const link = `${from}>${to}`;
    const added: Trouble = { cut: false, loss: 0, double: 0, delayMs: 0, ...trouble };
    this.troubles.set(link, [...(this.troubles.get(link) ?? []), added]);
    return () => {
      const left = (this.troubles.get(link) ?? []).filter((one) => one !== added);
      if (left.length === 0) this.troubles.delete(link);
      else this.troubles.set(link, left);
    };
  }

  /** Delivers never, once or twice, each after its own delay. */
  send(from: string, to: string, deliver: () => void): void {
    const { cut, loss, double, delayMs } = this.troubleOf(`${from}>${to}`);
    if (cut || this.rng.chance(loss)) return;
    this.after(1 + Math.floor(this.rng.next() * delayMs), deliver);
    if (this.rng.chance(double)) this.after(1 + Math.floor(this.rng.next() * delayMs * 3), deliver);
  }

  private troubleOf(link: string): Trouble {
    const troubles = this.troubles.get(link);
    if (troubles === undefined) return CALM;
    return troubles.reduce(
      (sum, one) => ({
        cut: sum.cut || one.cut,
        loss: Math.min(0.9, sum.loss + one.loss),
        double: Math.min(0.5, sum.double + one.double),
        delayMs: sum.delayMs + one.delayMs,
      }),
      CALM,
    );
  }
}
