import type { PathState } from '../heartbeat/monitor.ts';

/**
 * Whether a WAN lives, by what the VPSs answer through it: one that answers proves it; it is dead when all are silent that ever answered. A VPS that never
 * did has a firewall, and says nothing. Null: there is no evidence.
 */
export function wanLives(states: readonly PathState[]): boolean | null {
  if (states.some(({ alive }) => alive === true)) return true;
  const telling = states.filter(({ heardAt }) => heardAt !== null);
  return telling.length > 0 && telling.every(({ alive }) => alive === false) ? false : null;
}
