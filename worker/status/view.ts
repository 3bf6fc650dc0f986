import type { ServerStatus, SiteStatus, Status } from '../protocol/status.ts';

export type { Incident, ServerStatus, SiteStatus, Status, TimelineEntry, VantageStatus } from '../protocol/status.ts';
export type Vote = ServerStatus['votes'][number]['vote'];

/** The one word for the whole fleet, worst first. */
const OVERALLS = ['down', 'degraded', 'blind', 'unknown', 'maintenance', 'ok', 'empty'] as const;
export type Overall = (typeof OVERALLS)[number];

/**
 * How the fleet is, as the people behind its routers feel it: `down` only when a site's traffic has nowhere healthy to go; a dead server whose site
 * runs on the standby is `degraded`.
 */
export function overall(status: Status): Overall {
  const { servers, sites, vantages, incidents } = status;
  if (servers.length === 0 && sites.length === 0) return 'empty';
  const health = (id: string | null) => servers.find((server) => server.id === id)?.health;
  const dead = servers.filter((server) => server.health === 'down').length;
  const cutOff = sites.some((site) => health(site.active) === 'down' && !carriesInside(site));
  if (cutOff || (dead > 0 && dead === servers.length)) return 'down';
  const offline = sites.some((site) => !site.agent.online && site.agent.since !== null);
  if (dead > 0 || offline || sites.some((site) => site.agent.problems.length > 0) || incidents.some(isOpen)) return 'degraded';
  if (vantages.length > 0 && vantages.every((vantage) => !vantage.sighted)) return 'blind';
  if (servers.some((server) => server.health === 'unknown')) return 'unknown';
  return servers.some((server) => server.health === 'maintenance') ? 'maintenance' : 'ok';
}

/** The router's own heartbeats pass through the Active: what the outside says of it does not stop traffic. */
function carriesInside(site: SiteStatus): boolean {
  return site.agent.online && site.paths.some((path) => path.server === site.active && path.alive);
}

export function isOpen(incident: { endedAt: string | null }): boolean {
  return incident.endedAt === null;
}

/** What people call a server; its id when the fleet file has no longer any of that id. */
export function serverName(status: Status, id: string): string {
  return status.servers.find((server) => server.id === id)?.name ?? id;
}

export function siteName(status: Status, id: string): string {
  return status.sites.find((site) => site.id === id)?.name ?? id;
}

/** The vantages in the order of the page's columns: the fleet's, then any that only votes name. */
export function vantageColumns(status: Status): string[] {
  const voting = status.servers.flatMap((server) => server.votes.map((vote) => vote.vantage));
  return [...new Set([...status.vantages.map((vantage) => vantage.id), ...voting])];
}

/** A site's weights, the heaviest first, equal ones in the site's order. */
export function weightRows(site: SiteStatus): { server: string; percent: number }[] {
  return Object.entries(site.weights)
    .map(([server, weight]) => ({ server, percent: Math.min(100, Math.max(0, Math.round(weight))) }))
    .sort((a, b) => b.percent - a.percent);
}

export type PathCell = SiteStatus['paths'][number] | undefined;

/** What MPTCP makes of a WAN. */
export type MptcpWan = NonNullable<SiteStatus['mptcp']>[number];

interface PathRow {
  wan: string | null;
  cells: PathCell[];
  mptcp: MptcpWan | undefined;
}

/** Paths as a matrix: a row a WAN (null: the agent does not tell WANs apart), a column a server. WANs that only MPTCP names have a row too. */
export function pathMatrix(site: SiteStatus): { servers: string[]; rows: PathRow[] } {
  const mptcp = site.mptcp ?? [];
  const servers = [...new Set(site.paths.map((path) => path.server))];
  const wans = [...new Set([...site.paths.map((path) => path.wan), ...mptcp.map(({ wan }) => wan)])];
  const cell = (wan: string | null, server: string) => site.paths.find((path) => path.wan === wan && path.server === server);
  const row = (wan: string | null): PathRow => ({
    wan,
    cells: servers.map((server) => cell(wan, server)),
    mptcp: mptcp.find((one) => one.wan === wan),
  });
  return { servers, rows: wans.map(row) };
}

/** Milliseconds for people: `0.4 ms`, `12 ms`, `1.5 s`, `2 min 5 s`, `3 h 10 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  return minutes < 1440 ? pair(minutes, 60, 'h', 'min') : pair(Math.round(minutes / 60), 24, 'd', 'h');
}

function pair(small: number, size: number, bigUnit: string, smallUnit: string): string {
  const rest = small % size;
  return `${Math.floor(small / size)} ${bigUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

/** A time in UTC for people, to the second: `23 Nov 21:42:05 UTC`, `11月23日 21:42:05 UTC`. It does not depend on now, so a page that did not change stays the same text. */
export function clock(time: string, months: readonly string[]): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const month = months[date.getUTCMonth()] ?? '';
  const day = date.getUTCDate();
  return `${month.endsWith('月') ? `${month}${day}日` : `${day} ${month}`} ${date.toISOString().slice(11, 19)} UTC`;
}

/** When anything in the picture last changed: of all its times the newest, and not the time of reading. */
export function changedAt(status: Status): string {
  const times = [
    ...status.servers.map(({ since }) => since),
    ...status.sites.flatMap(({ since, agent }) => [since, agent.since].filter((time) => time !== null)),
    ...status.incidents.flatMap(({ startedAt, endedAt }) => [startedAt, ...(endedAt === null ? [] : [endedAt])]),
    ...status.timeline.map(({ at }) => at),
  ];
  return times.reduce((newest, time) => (Date.parse(time) > Date.parse(newest) ? time : newest), EPOCH);
}

const EPOCH = '1970-01-01T00:00:00.000Z';
