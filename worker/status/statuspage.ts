import { changedAt, type Incident, isOpen, overall, type ServerStatus, type Status } from './view.ts';
import { bannerText, WORDS } from './words.ts';

/*
 * The fleet in the shapes of Atlassian Statuspage's public API, version 2, so that what reads those reads us: a component is a server, an incident is
 * ours, a scheduled maintenance is a window of a server. Ids are those of `/api/v1`.
 */

/** What `/api/v2/…` has: which parts of the summary beside `page`. */
export const STATUSPAGE_PATHS = {
  summary: ['components', 'incidents', 'scheduled_maintenances', 'status'],
  status: ['status'],
  components: ['components'],
  incidents: ['incidents'],
  'incidents/unresolved': ['incidents'],
  'scheduled-maintenances': ['scheduled_maintenances'],
  'scheduled-maintenances/upcoming': ['scheduled_maintenances'],
  'scheduled-maintenances/active': ['scheduled_maintenances'],
} as const;
export type StatuspagePath = keyof typeof STATUSPAGE_PATHS;

const PAGE_ID = 'farwatch';

type ComponentStatus = 'operational' | 'degraded_performance' | 'partial_outage' | 'major_outage' | 'under_maintenance';
type Indicator = 'none' | 'minor' | 'major' | 'critical' | 'maintenance';

/** Unknown is no promise of health. */
const COMPONENT_STATUS: Readonly<Record<ServerStatus['health'], ComponentStatus>> = {
  up: 'operational',
  down: 'major_outage',
  unknown: 'degraded_performance',
  maintenance: 'under_maintenance',
};

/** The answer for one path. `url` is where people read the page. It holds nothing that changes by itself. */
export function statuspage(path: StatuspagePath, status: Status, url: string): Record<string, unknown> {
  const parts = {
    components: () => status.servers.map((server, index) => componentOf(server, index, status)),
    incidents: () =>
      status.incidents.filter((incident) => path === 'incidents' || isOpen(incident)).map((one) => incidentOf(one, status, url)),
    scheduled_maintenances: () =>
      status.maintenance
        .map((window) => maintenanceOf(window, status, url))
        .filter(({ status: state }) => !path.endsWith('/active') || state === 'in_progress')
        .filter(({ status: state }) => !path.endsWith('/upcoming') || state === 'scheduled'),
    status: () => ({ indicator: indicatorOf(status), description: bannerText(status, WORDS.en) }),
  };
  const page = { id: PAGE_ID, name: status.fleet.name, url, time_zone: 'Etc/UTC', updated_at: changedAt(status) };
  return { page, ...Object.fromEntries(STATUSPAGE_PATHS[path].map((part) => [part, parts[part]()])) };
}

/** As Statuspage rolls components up: one that is out is major, all of them (or traffic with nowhere to go) is critical. */
function indicatorOf(status: Status): Indicator {
  const state = overall(status);
  if (state === 'down') return 'critical';
  if (status.servers.some(({ health }) => health === 'down')) return 'major';
  if (state === 'maintenance') return 'maintenance';
  return state === 'ok' || state === 'empty' ? 'none' : 'minor';
}

function componentOf(server: ServerStatus, index: number, status: Status) {
  return {
    id: server.id,
    name: server.name,
    status: COMPONENT_STATUS[server.health],
    created_at: firstSeen(server, status),
    updated_at: server.since,
    position: index + 1,
    description: null,
    showcase: true,
    start_date: null,
    group_id: null,
    page_id: PAGE_ID,
    group: false,
    only_show_if_degraded: false,
  };
}

/** No record says when a server was added; the earliest that is known of it is the best that can be said. */
function firstSeen(server: ServerStatus, status: Status): string {
  const times = status.timeline.filter((entry) => entry.server === server.id).map(({ at }) => at);
  return [server.since, ...times].sort()[0] ?? server.since;
}

function incidentOf(incident: Incident, status: Status, url: string) {
  const { id, startedAt, endedAt, why } = incident;
  const server = status.servers.find((one) => one.id === incident.server);
  const who = server?.name ?? status.sites.find((one) => one.id === incident.site)?.name ?? incident.server ?? incident.site ?? 'fleet';
  const moved = (from: ComponentStatus, to: ComponentStatus) =>
    server === undefined ? [] : [{ code: server.id, name: server.name, old_status: from, new_status: to }];
  const begun = update(id, 'investigating', why, startedAt, moved('operational', 'major_outage'));
  const over = endedAt === null ? [] : [update(id, 'resolved', `${who} is well again`, endedAt, moved('major_outage', 'operational'))];
  return {
    id,
    name: server === undefined ? who : `${who} is down`,
    status: endedAt === null ? 'investigating' : 'resolved',
    created_at: startedAt,
    updated_at: endedAt ?? startedAt,
    monitoring_at: null,
    resolved_at: endedAt,
    impact: server === undefined ? 'minor' : endedAt === null && overall(status) === 'down' ? 'critical' : 'major',
    shortlink: url,
    started_at: startedAt,
    page_id: PAGE_ID,
    incident_updates: [...over, begun],
    components: componentsOf(incident.server, status),
    reminder_intervals: null,
  };
}

function maintenanceOf({ server: id, from, until }: Status['maintenance'][number], status: Status, url: string) {
  const server = status.servers.find((one) => one.id === id);
  const active = server?.health === 'maintenance' && from <= status.at;
  const state = active ? 'in_progress' : 'scheduled';
  const told = status.timeline.find((entry) => entry.kind === 'maintenance' && entry.server === id);
  const createdAt = told?.at ?? from;
  // The end is what a planned window and the same one under way have in common.
  const key = `server/${id}/maintenance-${until ?? from}`;
  const body = told?.why ?? `maintenance of ${id}`;
  return {
    id: key,
    name: `Maintenance of ${server?.name ?? id}`,
    status: state,
    created_at: createdAt,
    updated_at: active ? from : createdAt,
    monitoring_at: null,
    resolved_at: null,
    impact: 'maintenance',
    shortlink: url,
    started_at: from,
    page_id: PAGE_ID,
    incident_updates: [update(key, state, body, active ? from : createdAt, [])],
    components: componentsOf(id, status),
    reminder_intervals: null,
    scheduled_for: from,
    scheduled_until: until,
  };
}

function componentsOf(id: string | undefined, status: Status) {
  return status.servers.map((server, index) => componentOf(server, index, status)).filter((component) => component.id === id);
}

function update(incident: string, state: string, body: string, at: string, affected: { code: string; name: string }[]) {
  return {
    id: `${incident}/${state}`,
    status: state,
    body,
    incident_id: incident,
    created_at: at,
    updated_at: at,
    display_at: at,
    affected_components: affected.length === 0 ? null : affected,
    deliver_notifications: true,
    custom_tweet: null,
    tweet_id: null,
  };
}
