import { emptyFleet, type FleetEvent, type FleetState, fleetDueMs, stepFleet } from './fleet.ts';
import { emptySite, type SiteState, siteDueMs, stepSite } from './site.ts';
import type { HealthChange, Ms, ProbingRules, ServerChecks, SiteEffect, SiteEvent, SiteRules } from './types.ts';
import { emptyVantage, stepVantage, type VantageState, voteOf } from './vantage.ts';

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
  const { t, events } = instant;
  const state: State = { ...before };
  const effects: Effect[] = [];
  const fleetEvents = [...probeAll(state, rules, t, events), ...events.flatMap(maintenanceOf)];
  let changes: HealthChange[] = [];
  if (fleetEvents.length > 0 || isDue(state.fleetDueMs, t)) {
    const fleetRules = { probing: rules.probing, servers: Object.keys(rules.servers) };
    const judged = stepFleet(state.fleet, fleetRules, { t, events: fleetEvents });
    state.fleet = judged.state;
    state.fleetDueMs = fleetDueMs(judged.state, fleetRules, t);
    changes = judged.effects;
    effects.push(...changes);
  }
  for (const site of rules.sites) stepOneSite(state, site, t, events, changes, effects);
  return { state, effects, why: effects.map((effect) => effect.why) };
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

/** Witnesses before probes, so that the order of an instant's lines does not matter; a witness that answers outweighs one that does not. */
const VANTAGE_ORDER = { blind: 0, sighted: 1, probe: 2 } as const;

function rank(event: Event): number {
  if (event.type === 'probe') return VANTAGE_ORDER.probe;
  return event.type === 'witness' && event.ok ? VANTAGE_ORDER.sighted : VANTAGE_ORDER.blind;
}

function probeAll(state: State, rules: Rules, t: Ms, events: readonly Event[]): FleetEvent[] {
  const seen = events.filter((event) => event.type === 'probe' || event.type === 'witness');
  if (seen.length === 0) return [];
  if (seen.length > 1) seen.sort((a, b) => rank(a) - rank(b));
  const touched = new Map<string, Set<string>>();
  state.vantages = { ...state.vantages };
  for (const event of seen) {
    const before = state.vantages[event.vantage] ?? emptyVantage();
    const after = stepVantage(before, rules.probing, { ...event, t });
    if (after === before) continue;
    state.vantages[event.vantage] = after;
    const servers = touched.get(event.vantage) ?? new Set();
    touched.set(event.vantage, servers);
    for (const id of event.type === 'probe' ? [event.server] : Object.keys(rules.servers)) servers.add(id);
  }
  return [...touched].map(([vantage, servers]) => castVotes(state, rules, vantage, servers));
}

function castVotes(state: State, rules: Rules, vantage: string, servers: ReadonlySet<string>): FleetEvent {
  const seen = state.vantages[vantage] ?? emptyVantage();
  const votes = Object.fromEntries([...servers].map((id) => [id, voteOf(seen, id, rules.servers[id] ?? { critical: [] })]));
  return { type: 'votes', vantage, sighted: !seen.blind, votes };
}

function maintenanceOf(event: Event): FleetEvent[] {
  return event.type === 'maintenance' || event.type === 'maintenance-end' ? [event] : [];
}

function stepOneSite(
  state: State,
  rules: SiteRules,
  t: Ms,
  events: readonly Event[],
  changes: readonly HealthChange[],
  effects: Effect[],
): void {
  const site = state.sites[rules.id];
  if (site === undefined) return;
  const mine = siteEvents(rules, events, changes);
  if (mine.length === 0 && site.startedMs !== null && !isDue(siteDueMs(site), t)) return;
  const judged = stepSite(site, rules, { t, events: mine });
  state.sites = { ...state.sites, [rules.id]: judged.state };
  effects.push(...judged.effects);
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
