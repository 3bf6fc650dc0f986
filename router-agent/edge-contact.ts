import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** What is known of the edge's presence. */
export interface EdgeContact {
  heard(reached: boolean, message: string): void;
  view(): { reached: boolean; heardAt: number | null; message: string; alone: boolean };
}

/**
 * Notes when the edge was last heard. Silent past the lease, the agent is alone: it keeps what it has and may cut, and since only a
 * directive releases a latch, it does not fail back until the edge speaks again. So being alone needs no rule of its own, only a word.
 */
export function createEdgeContact(options: { log: Log; clock: Clock; leaseMs(): number | null }): EdgeContact {
  const since = options.clock.now();
  let reached = false;
  let heardAt: number | null = null;
  let message = 'not heard yet';
  let told: string | null = null;

  function tell(line: string, how: 'info' | 'warn'): void {
    if (told !== line) options.log[how](line);
    told = line;
  }

  return {
    heard(now, what) {
      reached = now;
      message = what;
      if (now) heardAt = options.clock.now();
      tell(now ? 'edge reached' : what, now ? 'info' : 'warn');
    },
    view() {
      const lease = options.leaseMs();
      const alone = lease !== null && options.clock.now() - (heardAt ?? since) > lease;
      return { reached, heardAt, message, alone };
    },
  };
}
