import type { Blame, Health, Mode, Weights } from '../protocol/health.ts';

/** Times are integer milliseconds on one clock, the caller's: the engine has none of its own. */
export type Ms = number;

/** How probes are judged. From `[probing]` of the fleet file. */
export interface ProbingRules {
  intervalMs: Ms;
  timeoutMs: Ms;
  /** This many failures in a row make a vantage's check down. */
  fall: number;
  /** This many successes in a row make it up again. The first evidence after `unknown` needs one. */
  rise: number;
}

/** Which checks of a server veto: `critical[check]`, by the check's place in the fleet file. */
export interface ServerChecks {
  critical: readonly boolean[];
}

export interface SiteServer {
  id: string;
  /** 1–254, higher is preferred; equal priorities fall to the order in the site's list. */
  priority: number;
  /** Capacity for `weighted`. */
  weight: number;
}

/** One site's policy. From `[[site]]` of the fleet file. */
export interface SiteRules {
  id: string;
  servers: readonly SiteServer[];
  policy: 'priority' | 'weighted';
  preempt: boolean;
  preemptDelayMs: Ms;
  /** Rising percents of the returning server's share; the last is 100. */
  failbackStages: readonly number[];
  stageSoakMs: Ms;
  trustOutside: boolean;
  leaseMs: Ms;
  /** Probing interval: the cold start waits at most three of them. */
  intervalMs: Ms;
  damping: { halfLifeMs: Ms; maxMs: Ms };
  /** How long a drill holds the standby. */
  drillDurationMs: Ms;
  /** When a path that is alive but bad loses its place; absent: never. */
  quality?: QualityRules | undefined;
}

/**
 * A path is poor when its loss or its round-trip time stays above the limit for a whole window, and good again when it stays clearly below it (by the
 * larger of the absolute and the relative margin) for a whole window. It loses its place only to one that is better by both margins.
 */
export interface QualityRules {
  /** Share of heartbeats lost, 0–1; null: loss does not matter. */
  maxLoss: number | null;
  /** Null: the round-trip time does not matter. */
  maxRttMs: Ms | null;
  windowMs: Ms;
  marginLoss: number;
  marginRttMs: Ms;
  /** Relative margin, 0–1, of what is compared with. */
  marginRatio: number;
}

/** A vantage's opinion of one server. */
export interface Vote {
  vote: 'up' | 'down' | 'unknown';
  /** When the evidence under it was last confirmed: votes expire `3 × interval + timeout` after it. */
  t: Ms;
  why: string;
}

export interface HealthChange {
  type: 'health';
  t: Ms;
  server: string;
  from: Health;
  to: Health;
  why: string;
}

export interface DirectiveEffect {
  type: 'directive';
  t: Ms;
  site: string;
  epoch: number;
  mode: Mode;
  active: string;
  weights: Weights;
  blame: Blame;
  why: string;
}

export interface HoldEffect {
  type: 'hold';
  t: Ms;
  site: string;
  blame: Blame;
  why: string;
}

export type SiteEffect = DirectiveEffect | HoldEffect;

/** What a site's judge hears. All events of one instant are observed before anything is decided. */
export type SiteEvent =
  /** The fleet's verdict on a server of this site; sent when it changes, and all at once at the start. */
  | { type: 'health'; server: string; health: Health; why: string }
  /** A path of the router, from a report. */
  | { type: 'path'; server: string; wan?: string; alive: boolean; rttMs?: number; loss?: number }
  /** The agent was heard, with the epoch that it applied. */
  | { type: 'poll'; applied: number }
  | { type: 'pin'; server: string; until?: Ms }
  | { type: 'unpin' }
  /** The server says that it goes down (priority 0). */
  | { type: 'resign'; server: string }
  | { type: 'drill' }
  /** The router has cut this server by itself and keeps it latched; only for reports newer than the last directive's `basis`. */
  | { type: 'latched'; server: string };
