import { describe, expect, it } from 'vitest';
import { ANSWERED } from '../../../worker/http/openapi/schemas.ts';
import type { Status } from '../../../worker/protocol/status.ts';
import { STATUSPAGE_PATHS, type StatuspagePath, statuspage } from '../../../worker/status/statuspage.ts';
import { sampleStatus } from './sample.ts';

const URL = 'https://status.example/';
const DOWN_AT = '2026-11-23T21:00:00.000Z';

function summary(change: (status: Status) => void = () => undefined) {
  return ANSWERED.Summary.parse(statuspage('summary', sampleStatus(change), URL));
}

function frankfurtDown(status: Status, endedAt: string | null = null): void {
  if (endedAt === null) Object.assign(status.servers[0] ?? {}, { health: 'down', since: DOWN_AT });
  status.incidents = [{ id: 'server/frankfurt/down-1', server: 'frankfurt', startedAt: DOWN_AT, endedAt, why: 'timeout' }];
}

describe('Statuspage v2', () => {
  it.each(Object.entries(STATUSPAGE_PATHS))('%s has the page and %s', (path, parts) => {
    const answer = statuspage(path as StatuspagePath, sampleStatus(), URL);
    expect(Object.keys(answer)).toEqual(['page', ...parts]);
    expect(answer.page).toEqual({
      id: 'farwatch',
      name: 'Home and office',
      url: URL,
      time_zone: 'Etc/UTC',
      updated_at: '2026-11-23T20:00:00.000Z',
    });
  });

  it('calls a component as its server is called', () => {
    const { components, status, incidents } = summary();
    expect(components.map(({ id, name, status, position }) => ({ id, name, status, position }))).toEqual([
      { id: 'frankfurt', name: 'Frankfurt', status: 'operational', position: 1 },
      { id: 'ashburn', name: 'Ashburn', status: 'operational', position: 2 },
    ]);
    expect(status).toEqual({ indicator: 'none', description: 'All servers are up' });
    expect(incidents).toEqual([]);
  });

  it('tells a server that is down as a major outage, with its incident', () => {
    const told = summary((status) => frankfurtDown(status));
    expect(told.components[0]?.status).toBe('major_outage');
    expect(told.status.indicator).toBe('major');
    expect(told.incidents[0]).toMatchObject({
      ...{ name: 'Frankfurt is down', status: 'investigating', impact: 'major', resolved_at: null, started_at: DOWN_AT },
      incident_updates: [
        { status: 'investigating', body: 'timeout', affected_components: [{ code: 'frankfurt', new_status: 'major_outage' }] },
      ],
      components: [{ id: 'frankfurt' }],
    });
  });

  it('is critical when all are down, and not for what is unknown', () => {
    const all = (health: 'down' | 'unknown') => (status: Status) => {
      for (const server of status.servers) server.health = health;
    };
    expect(summary(all('down')).status.indicator).toBe('critical');
    expect(summary(all('unknown')).status.indicator).toBe('minor');
    expect(summary(all('unknown')).components[0]?.status).toBe('degraded_performance');
  });

  it('keeps what has ended among the incidents, and out of the unresolved ones', () => {
    const status = sampleStatus((draft) => frankfurtDown(draft, '2026-11-23T21:10:00.000Z'));
    const of = (path: StatuspagePath) => ANSWERED.IncidentsV2.parse(statuspage(path, status, URL)).incidents;
    expect(of('incidents')).toMatchObject([
      { status: 'resolved', resolved_at: '2026-11-23T21:10:00.000Z', incident_updates: [{ status: 'resolved' }, {}] },
    ]);
    expect(of('incidents/unresolved')).toEqual([]);
  });

  it('sorts maintenance into what is to come and what is under way', () => {
    const status = sampleStatus((draft) => {
      Object.assign(draft.servers[1] ?? {}, { health: 'maintenance', since: DOWN_AT });
      draft.maintenance = [
        { server: 'frankfurt', from: '2026-12-01T00:00:00.000Z', until: '2026-12-01T01:00:00.000Z' },
        { server: 'ashburn', from: DOWN_AT, until: '2026-11-23T23:00:00.000Z' },
      ];
    });
    const of = (path: StatuspagePath) =>
      ANSWERED.Maintenances.parse(statuspage(path, status, URL)).scheduled_maintenances.map((one) => [one.components[0]?.id, one.status]);
    expect(of('scheduled-maintenances')).toEqual([
      ['frankfurt', 'scheduled'],
      ['ashburn', 'in_progress'],
    ]);
    expect(of('scheduled-maintenances/upcoming')).toEqual([['frankfurt', 'scheduled']]);
    expect(of('scheduled-maintenances/active')).toEqual([['ashburn', 'in_progress']]);
    const told = ANSWERED.Summary.parse(statuspage('summary', status, URL));
    expect(told.components[1]?.status).toBe('under_maintenance');
    expect(told.status.indicator).toBe('maintenance');
  });
});
