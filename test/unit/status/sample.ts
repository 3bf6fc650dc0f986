import { type Status, statusSchema, type TimelineEntry } from '../../../worker/protocol/status.ts';

const AT = '2026-11-23T21:42:05.000Z';

/** A fleet of two servers and one site in the calm; tests change what they are about. Each call gives a new object. */
export function sampleStatus(change: (status: Status) => void = () => undefined): Status {
  const status: Status = {
    at: AT,
    fleet: { name: 'Home and office', version: 7 },
    servers: [server('frankfurt', 'Frankfurt', 12.4), server('ashburn', 'Ashburn', 93)],
    sites: [
      {
        id: 'home',
        name: 'Home',
        active: 'frankfurt',
        weights: { frankfurt: 100, ashburn: 0 },
        epoch: 4,
        applied: 4,
        mode: 'drain',
        blame: 'none',
        why: 'frankfurt is healthy and has the highest priority (200)',
        since: '2026-11-23T20:00:00.000Z',
        pin: null,
        agent: { online: true, since: '2026-11-23T20:00:00.000Z', version: '0.1.0', problems: [] },
        paths: [
          { server: 'frankfurt', wan: 'wan1', alive: true, rttMs: 11, loss: 0 },
          { server: 'ashburn', wan: 'wan1', alive: true, rttMs: 92, loss: 0.03 },
          { server: 'frankfurt', wan: 'wan2', alive: false, rttMs: null, loss: 1 },
        ],
      },
    ],
    vantages: [
      { id: 'europe', region: 'weur', colo: 'FRA', sighted: true, at: AT },
      { id: 'america', region: 'enam', colo: null, sighted: true, at: AT },
    ],
    maintenance: [],
    incidents: [],
    timeline: [],
  };
  change(status);
  return statusSchema.parse(status);
}

function server(id: string, name: string, latencyMs: number): Status['servers'][number] {
  const votes = ['europe', 'america'].map((vantage) => ({ vantage, vote: 'up' as const, latencyMs, at: AT, why: 'tls on 65500 answers' }));
  return { id, name, region: 'eu', health: 'up', since: '2026-11-23T20:00:00.000Z', why: '2 of 2 vantages say up', votes };
}

export function entries(count: number): TimelineEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `e${index}`,
    at: new Date(Date.parse(AT) - index * 61_000).toISOString(),
    kind: 'switch',
    site: 'home',
    from: 'frankfurt',
    to: 'ashburn',
    epoch: 100 - index,
    mode: 'cut',
    why: `entry ${index}: frankfurt is down by 2 of 2 vantages (timeout after 2000 ms, 3 in a row), inside its path is dead for ${index} ms`,
  }));
}
