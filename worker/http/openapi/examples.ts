import type { Status } from '../../protocol/status.ts';
import { badgeJson, badgeOf } from '../../status/badge.ts';
import { type StatuspagePath, statuspage } from '../../status/statuspage.ts';
import { healthOf } from '../health.ts';
import type { ANSWERED, SENT } from './schemas.ts';

/*
 * One small fleet in the middle of a failover: every example is of it, and what we compute for real fleets is computed for it, so that an example
 * cannot tell another story than the answers do. A test holds each to its schema.
 */

const [AT, EARLIER] = ['2026-11-23T21:42:05.000Z', '2026-11-23T20:00:00.000Z'];
const WATCHED = { from: '2026-11-23T11:00:00.000Z', up: 1, upMs: 38_525_000, downMs: 0, unknownMs: 0, maintenanceMs: 0 };
const WHY = 'frankfurt is down: 1 of 1 vantages, and inside its path is dead';

const vote = (word: 'up' | 'down', why: string) => [{ vantage: 'europe', vote: word, latencyMs: word === 'up' ? 12 : null, at: AT, why }];

const STATUS: Status = {
  at: AT,
  fleet: { name: 'Home', version: 7 },
  servers: [
    { id: 'frankfurt', name: 'Frankfurt', region: 'eu', health: 'down', since: AT, why: WHY, votes: vote('down', 'timeout, 3 in a row') },
    { id: 'ashburn', name: 'Ashburn', region: 'us', health: 'up', since: EARLIER, why: '1 of 1 vantages', votes: vote('up', 'answers') },
  ],
  sites: [
    {
      ...{ id: 'home', name: 'Home', active: 'ashburn', weights: { frankfurt: 0, ashburn: 100 }, epoch: 5, applied: 5 },
      ...{ mode: 'cut', blame: 'server-down', why: WHY, since: AT, pin: null },
      agent: { online: true, since: EARLIER, version: '0.1.0', problems: [] },
      paths: [{ server: 'ashburn', wan: 'wan1', alive: true, rttMs: 92, loss: 0 }],
    },
  ],
  vantages: [{ id: 'europe', region: 'weur', colo: 'FRA', sighted: true, at: AT }],
  maintenance: [{ server: 'ashburn', from: '2026-12-01T02:00:00.000Z', until: '2026-12-01T03:00:00.000Z' }],
  incidents: [{ id: 'server/frankfurt/down-1795470125000', server: 'frankfurt', startedAt: AT, endedAt: null, why: WHY }],
  timeline: [
    {
      ...{ id: 'site/home/epoch-5', at: AT, kind: 'switch', site: 'home', from: 'frankfurt', to: 'ashburn' },
      ...{ epoch: 5, mode: 'cut', blame: 'server-down', why: WHY },
    },
  ],
};

const v2 = (path: StatuspagePath) => statuspage(path, STATUS, 'https://status.example/');

/** An example for every body, by the name of its schema. */
export const EXAMPLES: Readonly<Record<keyof typeof SENT | keyof typeof ANSWERED, unknown>> = {
  Badge: badgeJson(badgeOf(STATUS, 'server', 'ashburn') ?? { label: '', message: '', color: 'lightgrey' }),
  Channels: {
    channels: [
      {
        ...{ channel: 0, scheme: 'ntfy', events: ['switch'], state: 'ok', problem: null, since: null, waiting: 0, attempts: 0 },
        ...{ nextTryAt: null, deliveredAt: AT, dropped: 0 },
      },
    ],
  },
  ChannelTests: { results: [{ channel: 0, scheme: 'ntfy', ok: true, status: 200, reason: null }] },
  Components: v2('components'),
  Directive: {
    ...{ epoch: 5, basis: 41, leaseMs: 180_000, mode: 'cut', active: 'ashburn', weights: { frankfurt: 0, ashburn: 100 } },
    ...{ blame: 'server-down', why: WHY },
  },
  Echo: { address: '203.0.113.9' },
  Empty: {},
  Fleet: {
    fleet: { name: 'Home', plan: 'free' },
    probing: { interval_s: 10, fast_interval_ms: 1000, timeout_ms: 2000, fall: 3, rise: 3 },
    ...{ vantage: [], server: [], site: [], notify: [] },
  },
  FleetFile: {
    fleet: { name: 'Home' },
    vantage: [{ id: 'europe', region: 'weur', witnesses: ['https://example.com/'] }],
    server: [
      { id: 'frankfurt', address: '198.51.100.1', region: 'eu', priority: 200, preset: 'omr' },
      { id: 'ashburn', address: '198.51.100.2', region: 'us', check: [{ kind: 'tls', port: 443 }] },
    ],
    site: [{ id: 'home', servers: ['frankfurt', 'ashburn'] }],
  },
  FleetPut: { version: 8, diff: [{ path: '/fleet/name', from: 'Home', to: 'Home and office' }], warnings: [] },
  Health: healthOf(STATUS),
  Incidents: { at: AT, incidents: STATUS.incidents },
  IncidentsV2: v2('incidents'),
  Maintenance: { from: '2026-12-01T02:00:00Z', until: '2026-12-01T03:00:00Z' },
  Maintenances: v2('scheduled-maintenances'),
  NewToken: { id: '9f2c41d07ab3', token: 'fws_home_…' },
  NotifyTest: { channel: 0 },
  OpenApi: { openapi: '3.1.1', paths: {} },
  Pin: { server: 'ashburn', until: '2026-11-24T06:00:00Z' },
  Problem: { type: 'about:blank', title: 'Not found', status: 404, detail: 'no such route' },
  Report: {
    ...{ site: 'home', instance: '5c1f0e', version: '0.1.0', seq: 42, applied: 4 },
    paths: [
      { server: 'frankfurt', wan: 'wan1', alive: false, rttMs: 11.5, loss: 1 },
      { server: 'ashburn', wan: 'wan1', alive: true, rttMs: 92, loss: 0 },
    ],
    mptcp: [{ wan: 'wan1', backup: false, subflows: 2, retransmissions: 0 }],
  },
  Rollback: { version: 7 },
  Server: {
    ...STATUS.servers[0],
    asOf: AT,
    uptime: {
      '24h': { from: '2026-11-22T21:00:00.000Z', up: 0.998, upMs: 88_747_000, downMs: 178_000, unknownMs: 0, maintenanceMs: 0 },
      ...{ '7d': WATCHED, '30d': WATCHED, '90d': WATCHED },
    },
    latency: {
      '24h': { europe: { count: 8640, p50: 12.4, p95: 15.1, p99: 22.1 } },
      ...{ '7d': {}, '30d': {}, '90d': {} },
    },
    days: [{ day: '2026-11-23', upMs: 77_947_000, downMs: 178_000, unknownMs: 0, maintenanceMs: 0 }],
  },
  Site: STATUS.sites[0],
  Status: STATUS,
  StatusV2: v2('status'),
  Summary: v2('summary'),
  Timeline: { at: AT, timeline: STATUS.timeline },
  Tokens: { tokens: [{ id: '9f2c41d07ab3', createdAt: EARLIER, lastUsedAt: AT }] },
  Versions: { versions: [{ version: 7, at: EARLIER, note: '' }] },
};
