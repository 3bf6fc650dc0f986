/*
 * What `replay` prints, as docs and INTERFACE.md promise it: written here a second time, on purpose, so that a change of the judge cannot change what it is
 * held to.
 */

export interface Health {
  t: number;
  type: 'health';
  server: string;
  from: string;
  to: string;
  why: string;
}

export interface Directive {
  t: number;
  type: 'directive';
  site: string;
  epoch: number;
  mode: 'cut' | 'drain';
  active: string;
  weights: Record<string, number>;
  blame: string;
  why: string;
}

export interface Hold {
  t: number;
  type: 'hold';
  site: string;
  blame: string;
  why: string;
}

export type Decision = Health | Directive | Hold;

export const HEALTHS = ['up', 'down', 'unknown', 'maintenance'];

export const BLAMES = [
  ...[
    'server-down',
    'path-down',
    'uplink-down',
    'outside-only',
    'site-unseen',
    'monitor-doubtful',
    'site-offline',
    'resigned',
    'maintenance',
  ],
  ...['weights', 'pin', 'drill', 'preempt', 'stage', 'none'],
];

export const isDirective = (decision: Decision): decision is Directive => decision.type === 'directive';
export const isHold = (decision: Decision): decision is Hold => decision.type === 'hold';
export const isHealth = (decision: Decision): decision is Health => decision.type === 'health';

/** One line for people: `121.834 cut b 0/100 path-down`. */
export function brief(decision: Decision): string {
  const at = (decision.t / 1000).toFixed(3);
  if (isHealth(decision)) return `${at} health ${decision.server} ${decision.from} → ${decision.to}`;
  if (isHold(decision)) return `${at} hold ${decision.site} ${decision.blame}`;
  const { mode, site, active, weights, blame, epoch } = decision;
  return `${at} ${mode} ${site} ${active} ${Object.values(weights).join('/')} ${blame} (epoch ${epoch})`;
}
