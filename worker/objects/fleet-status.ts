import { voteTtlMs } from '../engine/fleet.ts';
import type { Fleet, Site } from '../fleet-file/schema.ts';
import type { ServerStatus, SiteStatus, Status, VantageStatus, Vitals } from '../protocol/status.ts';
import type { Config, FleetFacts, Heard } from './fleet-facts.ts';
import { paced, paceWhy } from './fleet-pace.ts';
import { shardsIn } from './fleet-shards.ts';
import { standing } from './fleet-turn.ts';
import type { SitePictures } from './site-pictures.ts';

/** The public picture of the fleet, field by field: what is not named here stays private. */
export function statusOf(
  facts: FleetFacts,
  pictures: Pick<SitePictures, 'get'>,
  history: Pick<Status, 'timeline' | 'incidents'>,
  used: NonNullable<Status['budget']>['used'] | null,
  nowMs: number,
): Status {
  const { config } = facts;
  const at = iso(nowMs);
  if (config === null) return { at, ...vitalsOf(facts, nowMs), servers: [], sites: [], maintenance: [], ...history };
  const { fleet } = config;
  return {
    at,
    ...vitalsOf(facts, nowMs),
    servers: fleet.server.map(({ id, name, region }) => serverStatus(facts, config, { id, name, region: region ?? null }, nowMs)),
    sites: fleet.site.map((site) => siteStatus(pictures.get(site.id)?.status, site)),
    maintenance: fleet.server.flatMap(({ id }) => maintenanceOf(facts, id)),
    ...(used === null ? {} : { budget: { used, slowdown: facts.pace.slowdown, why: paceWhy(fleet, facts.pace) } }),
    ...history,
  };
}

/** The part of the picture that tells how the monitor itself is. */
export function vitalsOf(facts: FleetFacts, nowMs: number): Vitals {
  const { config } = facts;
  if (config === null) return { fleet: { name: '', version: 0 }, vantages: [] };
  const { fleet, version } = config;
  const isFresh = (heard: Heard) => nowMs < heard.atMs + voteTtlMs(paced(fleet, facts.pace.patience));
  const vantages = fleet.vantage.map(({ id, region }) => vantageStatus(facts, fleet, { id, region }, isFresh));
  return { fleet: { name: fleet.fleet.name, version }, vantages };
}

function serverStatus(
  facts: FleetFacts,
  config: Config,
  server: Pick<ServerStatus, 'id' | 'name' | 'region'>,
  nowMs: number,
): ServerStatus {
  const { health, sinceMs, why } = standing(facts, server.id);
  const ttlMs = voteTtlMs(paced(config.fleet, facts.pace.patience));
  const votes = shardsIn(config.fleet)
    .filter(({ servers }) => servers.includes(server.id))
    .map(({ vantage, key }) => voteStatus(vantage, server.id, facts.heard[key], ttlMs, nowMs));
  return { ...server, health, since: iso(sinceMs), why, votes };
}

/** The window under way, and the one to come. */
function maintenanceOf(facts: FleetFacts, server: string): Status['maintenance'] {
  const now = facts.state.servers[server];
  const planned = facts.planned[server];
  const windows: Status['maintenance'] = [];
  if (now?.maintenance != null)
    windows.push({ server, from: iso(now.sinceMs), until: now.maintenance.until === null ? null : iso(now.maintenance.until) });
  if (planned !== undefined) windows.push({ server, from: iso(planned.fromMs), until: iso(planned.untilMs) });
  return windows;
}

function voteStatus(
  vantage: string,
  server: string,
  heard: Heard | undefined,
  ttlMs: number,
  nowMs: number,
): ServerStatus['votes'][number] {
  const vote = heard?.round.votes[server];
  if (vote === undefined) return { vantage, vote: 'unknown', latencyMs: null, at: null, why: 'not heard from yet' };
  const at = vote.t === 0 ? null : iso(vote.t);
  if (vote.vote !== 'unknown' && nowMs >= vote.t + ttlMs)
    return { vantage, vote: 'unknown', latencyMs: null, at, why: 'its last vote is too old to count' };
  return { vantage, vote: vote.vote, latencyMs: vote.latencyMs, at, why: vote.why };
}

/** All objects of a vantage as one: it is sighted when all of them are, and it is where they are. */
function vantageStatus(
  facts: FleetFacts,
  fleet: Fleet,
  { id, region }: Pick<VantageStatus, 'id' | 'region'>,
  isFresh: (heard: Heard) => boolean,
): VantageStatus {
  const shards = shardsIn(fleet).filter(({ vantage }) => vantage === id);
  const heard = shards.flatMap(({ key }) => facts.heard[key] ?? []);
  if (heard.length === 0) return { id, region, colo: null, sighted: false, at: null };
  const colos = [...new Set(heard.flatMap(({ round }) => round.colo ?? []))];
  const sighted = heard.length === shards.length && heard.every((one) => isFresh(one) && one.round.sighted);
  const at = iso(Math.max(...heard.map(({ atMs }) => atMs)));
  const hung = heard.reduce((total, { round }) => total + (round.hung ?? 0), 0);
  return { id, region, colo: colos.length === 0 ? null : colos.join(', '), sighted, at, ...(hung === 0 ? {} : { hung }) };
}

/** As the site tells it, under the name that the fleet file gives it. */
function siteStatus(told: SiteStatus | undefined, { id, name, servers }: Pick<Site, 'id' | 'name' | 'servers'>): SiteStatus {
  return told === undefined ? unheardSite(id, name, servers) : { ...told, id, name };
}

function unheardSite(id: string, name: string, servers: readonly string[]): SiteStatus {
  return {
    id,
    name,
    active: null,
    weights: Object.fromEntries(servers.map((server) => [server, 0])),
    epoch: 0,
    applied: null,
    mode: null,
    blame: 'none',
    why: 'nothing is decided yet',
    since: null,
    pin: null,
    agent: { online: false, since: null, version: null, problems: [] },
    paths: [],
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
