import type { Tunnel } from '../config.ts';
import type { Outcome } from '../outcome.ts';
import type { Os } from '../runner.ts';

/** What one kind of tunnel can do. Every function may be called again at any time and then changes nothing. */
export interface TunnelDriver {
  /** Makes the tunnel's device be there and up. Answers what was done, for the log; null: it was there already. */
  up(tunnel: Tunnel, os: Os): Promise<Outcome<string | null>>;
  /** Removes what `up` created, and nothing else. */
  down(tunnel: Tunnel, os: Os): Promise<Outcome<string | null>>;
  /** Programs that it needs. */
  tools: readonly string[];
  /** What is wrong with the tunnel's own configuration, a sentence each with the way to right it. */
  check(tunnel: Tunnel, os: Os): string[];
}
