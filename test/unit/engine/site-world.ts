import { emptySite, type SiteState, stepSite } from '../../../worker/engine/site.ts';
import type { SiteEffect, SiteEvent, SiteRules } from '../../../worker/engine/types.ts';

/*
 * A site's judge with a few words for what it hears. `a` is preferred to `b`, all durations are the defaults.
 */

export const RULES: SiteRules = {
  id: 'home',
  servers: [
    { id: 'a', priority: 200, weight: 100 },
    { id: 'b', priority: 100, weight: 100 },
  ],
  policy: 'priority',
  preempt: true,
  preemptDelayMs: 60_000,
  failbackStages: [10, 50, 100],
  stageSoakMs: 60_000,
  trustOutside: false,
  leaseMs: 180_000,
  intervalMs: 10_000,
  damping: { halfLifeMs: 300_000, maxMs: 900_000 },
  drillDurationMs: 60_000,
};

export const up = (server: string): SiteEvent => ({ type: 'health', server, health: 'up', why: 'test' });
export const down = (server: string): SiteEvent => ({ type: 'health', server, health: 'down', why: 'test' });

export function path(server: string, alive: boolean, more: { wan?: string; loss?: number; rttMs?: number } = {}): SiteEvent {
  return { type: 'path', server, alive, ...more };
}

/** Both servers are well. */
export const START: [number, ...SiteEvent[]] = [0, up('a'), up('b'), path('a', true), path('b', true)];

/** One judge that remembers what it said. */
export class Site {
  state: SiteState;
  rules: SiteRules;
  readonly effects: SiteEffect[] = [];

  constructor(rules: Partial<SiteRules> = {}) {
    this.rules = { ...RULES, ...rules };
    this.state = emptySite(this.rules);
  }

  /** Hears these instants; before each, everything that falls due. */
  hear(...instants: [number, ...SiteEvent[]][]): this {
    for (const [t, ...events] of instants) {
      for (let due = this.state.dueMs; due !== null && due < t; due = this.state.dueMs) this.judge(due, []);
      this.judge(t, events);
    }
    return this;
  }

  /** Reports the same paths each second from `fromMs` to `toMs`, with the epoch that was issued. */
  report(fromMs: number, toMs: number, ...paths: SiteEvent[]): this {
    for (let t = fromMs; t <= toMs; t += 1000) this.hear([t, { type: 'poll', applied: this.state.epoch }, ...paths]);
    return this;
  }

  /** `time mode active weights blame` of each directive, and `time hold blame` of each hold. */
  get log(): string[] {
    return this.effects.map((effect) =>
      effect.type === 'hold'
        ? `${effect.t} hold ${effect.blame}`
        : `${effect.t} ${effect.mode} ${effect.active} ${Object.values(effect.weights).join('/')} ${effect.blame}`,
    );
  }

  private judge(t: number, events: SiteEvent[]): void {
    const { state, effects } = stepSite(this.state, this.rules, { t, events });
    this.state = state;
    this.effects.push(...effects);
  }
}
