import { addFlap, holdDownMs, NO_PENALTY, type Penalty, penaltyAt } from '../../worker/engine/damping.ts';

/** How long each WAN must have been well before tunnels return to it: longer for one that comes and goes (`worker/engine/damping.ts`). */
export interface Flaps {
  /** The WAN was left because it was dead, or it did not answer when tunnels came back. */
  add(wan: string, now: number): void;
  holdMs(wan: string, now: number): number;
  /** When that last happened; null: never. A WAN that was just left still looks well until its own questions have missed. */
  lastAt(wan: string): number | null;
}

const HALF_LIFE_MS = 5 * 60_000;

export function createFlaps({ holdMs, maxMs }: { holdMs: number; maxMs: number }): Flaps {
  const penalties = new Map<string, Penalty>();
  const of = (wan: string) => penalties.get(wan) ?? NO_PENALTY;
  return {
    add: (wan, now) => void penalties.set(wan, addFlap(of(wan), now, HALF_LIFE_MS)),
    holdMs: (wan, now) => holdDownMs(holdMs, penaltyAt(of(wan), now, HALF_LIFE_MS), maxMs),
    lastAt: (wan) => penalties.get(wan)?.t ?? null,
  };
}
