import { type FleetEvent, type FleetState, healthOf, stepFleet } from '../engine/fleet.ts';
import type { HealthChange, Vote } from '../engine/types.ts';
import type { Incident, TimelineEntry } from '../protocol/status.ts';
import { type FleetFacts, type Resigned, rulesOf } from './fleet-facts.ts';

/** A server that resigned and was never seen down is believed to have changed its mind after this. */
export const RESIGNATION_MS = 600_000;

/** What has happened, for people. */
export interface FleetNews {
  entries: TimelineEntry[];
  /** One for each server that went down; a server has at most one open. */
  opened: Incident[];
  /** Their open incidents end. */
  closed: { server: string; atMs: number }[];
}

export const NO_NEWS: FleetNews = { entries: [], opened: [], closed: [] };

export interface FleetTurn {
  facts: FleetFacts;
  news: FleetNews;
  /** What the sites know of these servers is out of date. The revision has risen if there are any. */
  changed: ReadonlySet<string>;
}

/** One instant of the Fleet: what is due and what was heard goes to the judge, and what it says becomes facts and news. Pure. */
export function takeFleetTurn(facts: FleetFacts, t: number, events: readonly FleetEvent[]): FleetTurn {
  if (facts.config === null) return { facts, news: NO_NEWS, changed: new Set() };
  const { due, planned } = beginMaintenance(facts, t);
  const { state, effects } = stepFleet(facts.state, rulesOf(facts.config, facts.pace), { t, events: [...due, ...events] });
  const resigned = resignations(facts.resigned, effects, t);
  const changed = new Set(effects.map(({ server }) => server));
  for (const server of Object.keys({ ...facts.resigned, ...resigned })) {
    if (facts.resigned[server]?.atMs !== resigned[server]?.atMs) changed.add(server);
  }
  const revision = facts.revision + (changed.size > 0 ? 1 : 0);
  return { facts: { ...facts, state: dated(state, t), planned, resigned, revision }, news: newsOf(effects), changed };
}

/**
 * A vantage's votes with the newest evidence that is known under each. A vantage that was restarted says again what it knew, with the time at which
 * it wrote that down; what it has confirmed since then, or what a restart of the Fleet grants it, still holds until it is probed again.
 */
export function withNewestEvidence<V extends Vote>(
  state: FleetState,
  vantage: string,
  votes: Readonly<Record<string, V>>,
): Record<string, V> {
  const newest = Object.entries(votes).map(([server, vote]) => {
    const before = state.servers[server]?.votes[vantage];
    return [server, before?.vote === vote.vote && before.t > vote.t ? { ...vote, t: before.t } : vote];
  });
  return Object.fromEntries(newest);
}

/** When the Fleet next has something to do that no event brings. Votes are not in it: the next round, or the watchdog, expires them. */
export function fleetTurnDueMs(facts: FleetFacts): number | null {
  const times = [
    ...Object.values(facts.planned).map(({ fromMs }) => fromMs),
    ...Object.values(facts.state.servers).map(({ maintenance }) => maintenance?.until ?? null),
    ...Object.values(facts.resigned).map(({ atMs }) => atMs + RESIGNATION_MS),
  ].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function beginMaintenance(facts: FleetFacts, t: number): { due: FleetEvent[]; planned: FleetFacts['planned'] } {
  const due: FleetEvent[] = [];
  const planned = { ...facts.planned };
  for (const [server, { fromMs, untilMs }] of Object.entries(planned)) {
    if (fromMs > t) continue;
    delete planned[server];
    if (untilMs > t) due.push({ type: 'maintenance', server, until: untilMs });
  }
  return { due, planned };
}

function resignations(before: FleetFacts['resigned'], effects: readonly HealthChange[], t: number): FleetFacts['resigned'] {
  const after: Record<string, Resigned> = {};
  for (const [server, { atMs, seenDown }] of Object.entries(before)) {
    const to = effects.find((effect) => effect.server === server)?.to;
    const isOver = t >= atMs + RESIGNATION_MS || (seenDown && to === 'up');
    if (!isOver) after[server] = { atMs, seenDown: seenDown || to === 'down' };
  }
  return after;
}

function newsOf(effects: readonly HealthChange[]): FleetNews {
  const news: FleetNews = { entries: [], opened: [], closed: [] };
  for (const { t, server, from, to, why } of effects) {
    const at = new Date(t).toISOString();
    news.entries.push({ id: `server/${server}/health-${t}`, at, kind: 'health', why, server, from, to });
    if (to === 'down') news.opened.push({ id: `server/${server}/down-${t}`, server, startedAt: at, endedAt: null, why });
    // Unknown ends nothing: nobody has seen it well again.
    else if (to !== 'unknown') news.closed.push({ server, atMs: t });
  }
  return news;
}

/** A server that the judge sees for the first time is unknown since now. */
function dated(state: FleetState, t: number): FleetState {
  const servers = Object.entries(state.servers).map(([id, server]) => [id, server.sinceMs === 0 ? { ...server, sinceMs: t } : server]);
  return { servers: Object.fromEntries(servers) };
}

/** Whether a server is out of its own accord, and how it is. */
export function standing(facts: FleetFacts, server: string) {
  return { ...healthOf(facts.state, server), resignedAtMs: facts.resigned[server]?.atMs ?? null };
}
