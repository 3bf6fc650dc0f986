/** What the vantages together say of a server. `unknown` never causes a switch. */
export const HEALTHS = ['up', 'down', 'unknown', 'maintenance'] as const;
export type Health = (typeof HEALTHS)[number];

/** Why traffic moves, or why it does not: the row of the blame table that decided (DESIGN §2). */
export const BLAMES = [
  'server-down',
  'path-down',
  'uplink-down',
  'outside-only',
  'site-unseen',
  'monitor-doubtful',
  'site-offline',
  'resigned',
  'maintenance',
  'weights',
  'pin',
  'drill',
  'preempt',
  'stage',
  'none',
] as const;
export type Blame = (typeof BLAMES)[number];

/** `cut` moves established flows too (hard switch); `drain` moves new flows only (soft switch). */
export const MODES = ['cut', 'drain'] as const;
export type Mode = (typeof MODES)[number];

/** Percent of new flows for each server of a site: integers, all servers named, the sum is 100. */
export type Weights = Record<string, number>;
