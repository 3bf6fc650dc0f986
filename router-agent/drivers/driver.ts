import type { Tunnel } from '../config.ts';
import type { Outcome } from '../outcome.ts';
import type { Os } from '../runner.ts';

/** Asked before something is started that may end again by itself. A refusal says when it is tried next. */
export interface Pace {
  mayStart(): Outcome<null>;
}

/** What one kind of tunnel can do. Every function may be called again at any time and then changes nothing. */
export interface TunnelDriver {
  /**
   * Makes the tunnel's device be there and up, or starts what will; never leaves a half-made one. Answers what was done, for the log; null:
   * it was there already.
   */
  up(tunnel: Tunnel, os: Os, pace: Pace): Promise<Outcome<string | null>>;
  /** Removes what `up` created, and nothing else. */
  down(tunnel: Tunnel, os: Os): Promise<Outcome<string | null>>;
  /**
   * From now on the tunnel's own packets carry `mark`, and so leave by the WAN of that mark; 0: as the main table says. The tunnel stays the same, and
   * so do the flows inside. Without it a tunnel cannot be moved by us.
   */
  bindWan?(tunnel: Tunnel, mark: number, os: Os): Promise<Outcome<null>>;
  /** The WAN that it leaves by has another address: what still sends from the old one sends from the new one now. Without it the tunnel sees to that itself. */
  forgetSource?(tunnel: Tunnel, mark: number, os: Os): Promise<Outcome<null>>;
  /** The mark that they carry now; null: not known. */
  boundMark?(tunnel: Tunnel, os: Os): Promise<number | null>;
  /** The VPS's address outside of the tunnel; null: not known. */
  endpoint?(tunnel: Tunnel, os: Os): Promise<string | null>;
  /** Programs that it needs for this tunnel. */
  tools(tunnel: Tunnel, os: Os): readonly string[];
  /** What is wrong with the tunnel's own configuration, a sentence each with the way to right it. */
  check(tunnel: Tunnel, os: Os): Promise<string[]>;
  /** Why a tunnel that is up never answers, as far as can be seen from here; null: nothing is wrong on this side. */
  diagnose(tunnel: Tunnel, os: Os): Promise<string | null>;
}
