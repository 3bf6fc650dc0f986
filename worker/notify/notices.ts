import type { Incident, TimelineEntry } from '../protocol/status.ts';
import type { Notice } from './message.ts';

/** What has happened in one instant of the Fleet. */
export interface Happened {
  opened: readonly Incident[];
  closed: readonly Incident[];
  entries: readonly TimelineEntry[];
}

/** Names of the fleet file, by id. */
export interface Names {
  server: Readonly<Record<string, string>>;
  site: Readonly<Record<string, string>>;
}

/** What people are told of it, in order. */
export function noticesOf(happened: Happened, names: Names): Notice[] {
  return [
    ...happened.opened.map((incident) => opened(incident, names)),
    ...happened.closed.map((incident) => closed(incident, happened.entries, names)),
    ...happened.entries.flatMap((entry) => told(entry, names) ?? []),
  ];
}

/** That an incident is still open, told the `nth` time (from 0). */
export function reminder(incident: Incident, nth: number, nowMs: number, names: Names): Notice {
  const notice = opened(incident, names);
  const title = `Still open after ${span(nowMs - Date.parse(incident.startedAt))}: ${notice.title}`;
  return { ...notice, id: `${incident.id}#reminder-${nth}`, at: new Date(nowMs).toISOString(), title };
}

/** That the fleet's usage nears its plan's quota, or is away from it again. One notice for each `id`. */
export function budgetNotice(id: string, why: string, atMs: number): Notice {
  return { id: `budget/${id}`, event: 'budget', type: 'warning', at: new Date(atMs).toISOString(), title: 'The plan’s quota', why };
}

/** 4 h, 12 min 3 s: the two largest units. */
export function span(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(left / seconds);
    left %= seconds;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

function opened(incident: Incident, names: Names): Notice {
  const { id, server, site, startedAt: at, why } = incident;
  const title = server === undefined ? `Incident at ${nameOf(names.site, site)}` : `${nameOf(names.server, server)} is down`;
  return { id: `${id}#opened`, event: 'incident.opened', type: 'failure', at, title, why, incident: id, ...whose(incident) };
}

function closed(incident: Incident, entries: readonly TimelineEntry[], names: Names): Notice {
  const { id, server, site, startedAt, endedAt, why } = incident;
  const at = endedAt ?? startedAt;
  const took = `after ${span(Date.parse(at) - Date.parse(startedAt))}`;
  const health = entries.find((entry) => entry.kind === 'health' && server !== undefined && entry.server === server);
  const name = server === undefined ? nameOf(names.site, site) : nameOf(names.server, server);
  const title = health?.to === 'up' ? `${name} is up again` : `${name}: the incident is over`;
  const base = { id: `${id}#closed`, event: 'incident.closed', type: 'success', at, title, incident: id } as const;
  return { ...base, why: health === undefined ? `${took}; it was: ${why}` : `${took}; ${health.why}`, ...whose(incident) };
}

/** A timeline entry that people asked for; null for the rest. */
function told(entry: TimelineEntry, names: Names): Notice | null {
  const { id, at, why, site, server, from, to, epoch } = entry;
  const of = nameOf(names.site, site);
  const target = nameOf(names.server, to);
  const isWhole = Object.values(entry.weights ?? {}).includes(100);
  const titles: Partial<Record<TimelineEntry['kind'], [Notice['event'], Notice['type'], string] | null>> = {
    // The very first directive moves nothing away from anywhere.
    switch:
      from === undefined
        ? null
        : ['switch', 'warning', from === to ? `${of}: traffic is shared anew` : `${of}: traffic moves to ${target}`],
    // The stages between the first and the last are on the page.
    failback:
      entry.blame !== 'preempt' && !isWhole
        ? null
        : ['failback', 'info', isWhole ? `${of}: traffic is back on ${target}` : `${of}: traffic begins to return`],
    drill: ['drill', 'info', `${of}: drill`],
    'agent.offline': ['agent.offline', 'warning', `${of}: the router is not heard`],
    'agent.online': ['agent.online', 'success', `${of}: the router is heard`],
  };
  const found = titles[entry.kind] ?? null;
  if (found === null) return null;
  const [event, type, title] = found;
  const moved = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...(epoch === undefined ? {} : { epoch }) };
  return { id, event, type, at, title, why, ...whose({ server, site }), ...moved };
}

function whose({ server, site }: { server?: string | undefined; site?: string | undefined }): Pick<Notice, 'server' | 'site'> {
  return { ...(server === undefined ? {} : { server }), ...(site === undefined ? {} : { site }) };
}

function nameOf(names: Readonly<Record<string, string>>, id: string | undefined): string {
  return id === undefined ? 'the fleet' : (names[id] ?? id);
}

/**
 * What flaps together: notices of one subject count as changes of one thing. Null: what is never held back, because it is asked for (drills) or rare.
 */
export function subjectOf({ event, server, site, id }: Notice): string | null {
  if (event === 'test' || event === 'drill' || event === 'budget' || id.includes('#reminder')) return null;
  const kind = event.startsWith('incident') ? 'incident' : event.startsWith('agent') ? 'agent' : 'traffic';
  return server === undefined || kind !== 'incident' ? `${kind} site/${site ?? ''}` : `${kind} server/${server}`;
}
