import type { Server } from './world/episode.ts';
import type { VirtualTime } from './world/virtual-time.ts';
import type { World } from './world/world.ts';

/** Shares of new traffic, 0–1; what is missing to 1 goes nowhere. */
export type Shares = Record<Server, number>;

/** Something that decides which server carries the traffic. */
export interface System {
  id: string;
  /** As the table's head has it. */
  name: string;
  /** The rule that it follows, with its numbers, as the document tells it. */
  rule: string;
  /** Where the rule is documented. */
  sources: readonly string[];
  /** Starts it in this world, with all traffic on `a`; it calls `carry` whenever that changes. */
  start(place: Place): void;
}

export interface Place {
  world: World;
  time: VirtualTime;
  carry(shares: Shares): void;
}
