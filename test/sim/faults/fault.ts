import type { Prng } from '../prng.ts';
import type { World } from '../world.ts';

/** One thing that goes wrong, or that people do. What exactly, its own generator (`id`) decides when it begins: so a fault is the same in any company. */
export interface Fault {
  id: string;
  kind: string;
  /** After the start of its round. */
  atMs: number;
  forMs: number;
}

/** A fault under way: what it is, for people, and how it is mended. */
export interface Begun {
  says: string;
  /** Mends it; called once. */
  end(): void;
}

export interface FaultKind {
  kind: string;
  /** How often, compared with the others. */
  often: number;
  /** How long it lasts; short ones are as likely as long ones. */
  forMs: readonly [number, number];
  /** Null: nothing to do in this run (of another site, or it does not fit now). */
  begin(world: World, rng: Prng, forMs: number): Begun | null;
}

/** For what is done at once and needs no mending. */
export function done(says: string): Begun {
  return { says, end: () => undefined };
}
