import type { Daemon } from '../../lab/processes.ts';

/** What moves the router's traffic when the Active VPS dies: Farwatch, or a rival. */
export interface Contender {
  /** What it is called in the figures. */
  name: string;
  /** How often it looks, in milliseconds: faults fall into every phase of that. */
  periodMs: number;
  /** Puts the client on `a` with `b` ready, and waits until it is wholly at work: it would notice a fault from now on. */
  start(): Promise<Running>;
}

export interface Running {
  /** Ends it, and removes what it has put into the router. */
  stop(): Promise<void>;
}

/** Ends daemons of a rival, all at once. */
export async function stopAll(daemons: readonly Daemon[]): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
}
