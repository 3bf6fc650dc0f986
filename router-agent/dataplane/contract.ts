import type { Carry } from '../life.ts';
import type { Outcome } from '../outcome.ts';
import type { Lines } from './lines.ts';

/** What the kernel was found to do when the agent started: weights by server, and the servers that carried nothing. */
export interface Found {
  weights: Record<string, number>;
  dead: string[];
}

/** Where a `Carry` becomes true. One implementation changes the kernel, one only remembers. */
export interface DataPlane {
  /** Brings the tunnels up and reads what is already there; changes no rule. Null: nothing of ours is there. */
  start(): Promise<Found | null>;
  /** Makes `carry` true, whatever was before; applying the same again changes nothing. */
  apply(carry: Carry): Promise<Outcome<null>>;
  /** Compares the kernel with what was applied last, and repairs what others broke. */
  reconcile(): Promise<Outcome<null>>;
  /** By which WANs the tunnels leave. */
  lines: Lines;
  /** The address that a heartbeat to this server leaves from; undefined: any; null: its tunnel has none now, so it cannot leave. */
  sourceOf(server: string): string | null | undefined;
  /** What is wrong with the tunnels now, a sentence each. */
  complaints(): string[];
  /** Leaves everything as it is and frees what this process holds. */
  close(): void;
}
