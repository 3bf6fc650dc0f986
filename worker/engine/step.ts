import { emptyFleet, type FleetRules, type FleetState, fleetDueMs, hearVote, judgeHealth, maintain, voteTtlMs } from './fleet.ts';
import { advanceSite, emptySite, type SiteState, siteDueMs } from './site.ts';
import type { HealthChange, Ms, ProbingRules, ServerChecks, SiteEffect, SiteEvent, SiteRules } from './types.ts';
import { emptyVantage, see, type VantageState, voteOf } from './vantage.ts';

/** Everything that the whole judge goes by: a fleet file without what only people and sockets need. */
export interface Rules {
  probing: ProbingRules;
  vantages: readonly string[];
  servers: Record<string, ServerChecks>;
  sites: readonly SiteRules[];
}

/** One piece of evidence or one control, as a trace names it. */
export type Event =
  | { type: 'probe'; vantage: string; server: string; check: number; ok: boolean; reason?: string | undefined; ms?: number | undefined }
  | { type: 'witness'; vantage: string; ok: boolean }
  | {
      type: 'path';
      site: string;
      server: string;
      wan?: string | undefined;
      alive: boolean;
      rttMs?: number | undefined;
      loss?: number | undefined;
    }
  | { type: 'poll'; site: string; applied: number }
  | { type: 'pin'; site: string; server: string; until?: Ms | undefined }
  | { type: 'unpin'; site: string }
  | { type: 'drill'; site: string }
  | { type: 'resign'; server: string }
  | { type: 'maintenance'; server: string; until?: Ms | undefined }
  | { type: 'maintenance-end'; server: string }
  | { type: 'end' };

export type Effect = HealthChange | SiteEffect;

/** Vantages, fleet and sites together, as the edge spreads them over Durable Objects. Plain JSON. */
export interface State {
  vantages: Record<string, VantageState>;
  fleet: FleetState;
  /** No vote and no maintenance runs out before this time; null: nothing is pending. */
  fleetDueMs: Ms | null;
  sites: Record<string, SiteState>;
}

export function emptyState(rules: Rules): State {
  return {
    vantages: Object.fromEntries(rules.vantages.map((id) => [id, emptyVantage()])),
    fleet: emptyFleet(),
    fleetDueMs: null,
    sites: Object.fromEntries(rules.sites.map((site) => [site.id, emptySite(site)])),
  };
}

/**
 * One instant of the whole judge: evidence → votes → health → sites. All `events` have the time `t`; their order does not matter. The state that
 * came in is not touched.
 */
export function step(
  before: State,
  rules: Rules,
  instant: { t: Ms; events: readonly Event[] },
): { state: State; effects: Effect[]; why: string[] } {
  const state = structuredClone(before);
  const effects = advance(state, rules, instant.t, instant.events);
  return { state, effects, why: effects.map((effect) => effect.why) };
}

/** `step` in place, for a caller that owns the state. */
export function advance(state: State, rules: Rules, t: Ms, events: readonly Event[]): Effect[] {
  const changes = advanceFleet(state, rules, t, events);
  const effects: Effect[] = [...changes];
  for (const site of rules.sites) {
    const known = state.sites[site.id];
    if (known === undefined) continue;
    const mine = siteEvents(site, events, changes);
    if (mine.length === 0 && known.startedMs !== null && !isDue(siteDueMs(known), t)) continue;
    for (const effect of advanceSite(known, site, t, mine)) effects.push(effect);
  }
  return effects;
}

/** When `step` next wants to be called without events; null: nothing is pending. */
export function dueMs(state: State): Ms | null {
  let due = state.fleetDueMs;
  for (const id in state.sites) {
    const site = state.sites[id];
    const at = site === undefined ? null : siteDueMs(site);
    if (at !== null && (due === null || at < due)) due = at;
  }
  return due;
}

function isDue(dueAt: Ms | null, t: Ms): boolean {
  return dueAt !== null && dueAt <= t;
}

/** Evidence → votes → health. Looks only at the servers that were spoken of, unless a vote or a maintenance runs out. */
function advanceFleet(state: State, rules: Rules, t: Ms, events: readonly Event[]): HealthChange[] {
  const fleetRules = fleetRulesOf(rules);
  const touched: string[] = [];
  const ordered = events.length > 1 && events.some(({ type }) => type === 'maintenance') ? [...events].sort(byUntil) : events;
  for (let rank = 0; rank < RANKS; rank++) {
    for (const event of ordered) if (rankOf(event, events) === rank) observe(state, rules, t, event, touched);
  }
  const due = isDue(state.fleetDueMs, t);
  if (!due && touched.length === 0) return [];
  const changes = judgeHealth(state.fleet, fleetRules, t, due ? undefined : touched);
  if (due) state.fleetDueMs = fleetDueMs(state.fleet, fleetRules, t);
  return changes;
}

const RULES_OF_FLEETS = new WeakMap<Rules, FleetRules>();

function fleetRulesOf(rules: Rules): FleetRules {
  let known = RULES_OF_FLEETS.get(rules);
  if (known === undefined) {
    known = { probing: rules.probing, servers: Object.keys(rules.servers) };
    RULES_OF_FLEETS.set(rules, known);
  }
  return known;
}

/** The longer maintenance of an instant wins, whatever the order of its lines. */
function byUntil(a: Event, b: Event): number {
  const until = (event: Event) => (event.type === 'maintenance' ? (event.until ?? Number.MAX_VALUE) : 0);
  return until(a) - until(b);
}

const RANKS = 6;

/**
 * Witnesses before probes, so that the order of an instant's lines does not matter. Of two that speak of the same thing the better counts: a witness
 * that answers voids those of its vantage that do not, and of two results of one check the first one taken is the success.
 */
function rankOf(event: Event, events: readonly Event[]): number {
  switch (event.type) {
    case 'witness':
      if (event.ok) return 1;
      return events.some((other) => other.type === 'witness' && other.ok && other.vantage === event.vantage) ? -1 : 0;
    case 'probe':
      return event.ok ? 2 : 3;
    case 'maintenance-end':
      return 4;
    case 'maintenance':
      return 5;
    default:
      return -1;
  }
}

function observe(state: State, rules: Rules, t: Ms, event: Event, touched: string[]): void {
  if (event.type === 'maintenance' || event.type === 'maintenance-end') {
    maintain(state.fleet, fleetRulesOf(rules), event);
    if (event.type === 'maintenance' && event.until !== undefined) expectAt(state, event.until);
    touched.push(event.server);
    return;
  }
  if (event.type !== 'probe' && event.type !== 'witness') return;
  let vantage = state.vantages[event.vantage];
  if (vantage === undefined) {
    vantage = emptyVantage();
    state.vantages[event.vantage] = vantage;
  }
  if (!see(vantage, rules.probing, t, event)) return;
  const servers = event.type === 'probe' ? [event.server] : fleetRulesOf(rules).servers;
  for (const server of servers) {
    const vote = voteOf(vantage, server, rules.servers[server] ?? { critical: [] });
    hearVote(state.fleet, fleetRulesOf(rules), server, event.vantage, vote, !vantage.blind);
    if (vote.vote !== 'unknown') expectAt(state, vote.t + voteTtlMs(rules.probing));
    if (!touched.includes(server)) touched.push(server);
  }
}

function expectAt(state: State, at: Ms): void {
  if (state.fleetDueMs === null || at < state.fleetDueMs) state.fleetDueMs = at;
}

function siteEvents(rules: SiteRules, events: readonly Event[], changes: readonly HealthChange[]): SiteEvent[] {
  const mine: SiteEvent[] = [];
  for (const change of changes)
    if (rules.servers.some(({ id }) => id === change.server))
      mine.push({ type: 'health', server: change.server, health: change.to, why: change.why });
  for (const event of events) {
    if (event.type === 'resign') {
      if (rules.servers.some(({ id }) => id === event.server)) mine.push(event);
    } else if ('site' in event && event.site === rules.id) mine.push(event);
  }
  return mine;
}
