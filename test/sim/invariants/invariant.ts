import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import type { Paths } from './paths.ts';

export interface Context {
  world: World;
  /** What really was, of every path. */
  paths: Paths;
  /** Ends the run: the sentence that the invariant holds is not true. */
  broken(site: string | null, what: string): never;
}

export interface Invariant {
  name: string;
  /** The promise, in one sentence. */
  holds: string;
  watch(context: Context): Partial<Watch>;
}

export interface Violation {
  invariant: string;
  /** Since the start of the run. */
  tMs: number;
  site: string | null;
  what: string;
}

/** Thrown where an invariant breaks; the run catches it. */
export class Broken extends Error {
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.invariant}: ${violation.what}`);
    this.violation = violation;
  }
}
