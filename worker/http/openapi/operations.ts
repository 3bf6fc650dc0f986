import type { STATUSPAGE_PATHS } from '../../status/statuspage.ts';
import type { SchemaName } from './schemas.ts';

/** One method of one path. Errors that every route of its kind has are not listed: see `commonErrors` of document.ts. */
export interface Operation {
  method: 'get' | 'put' | 'post' | 'delete';
  /** With parameters in braces. */
  path: string;
  summary: string;
  /** Who calls it, and so which token opens it; `public` needs none. */
  who: 'public' | 'agent' | 'server' | 'admin';
  /** Query parameters: what each means. */
  query?: Record<string, string>;
  /** What is sent. `optional`: an empty body means the same as `{}`. */
  sends?: { schema: SchemaName; types?: string[]; optional?: boolean };
  /** Success: the status, and what is answered; a media type alone is text. */
  answers: Record<number, { schema: SchemaName; type?: string } | { type: string } | null>;
  /** Problems of its own. */
  errors?: number[];
}

const V2_SCHEMAS = {
  summary: 'Summary',
  status: 'StatusV2',
  components: 'Components',
  incidents: 'IncidentsV2',
  'incidents/unresolved': 'IncidentsV2',
  'scheduled-maintenances': 'Maintenances',
  'scheduled-maintenances/upcoming': 'Maintenances',
  'scheduled-maintenances/active': 'Maintenances',
} as const satisfies Record<keyof typeof STATUSPAGE_PATHS, SchemaName>;

function read(
  path: string,
  summary: string,
  answer: { schema: SchemaName; type?: string } | { type: string },
  errors: number[] = [],
): Operation {
  return { method: 'get', path, summary, who: 'public', answers: { 200: answer, 304: null }, errors: [...errors, 503] };
}

const PUBLIC: Operation[] = [
  read('/', 'The status page, for people', { type: 'text/html' }),
  {
    method: 'get',
    path: '/admin',
    summary: "People's controls, signed in",
    who: 'public',
    answers: { 200: { type: 'text/html' } },
    errors: [503],
  },
  read('/page.css', "The page's style sheet", { type: 'text/css' }),
  read('/page.js', "The page's script; the page is complete without it", { type: 'text/javascript' }),
  read('/health', 'How the monitor itself is; a server that is down is no fault of it', {
    schema: 'Health',
    type: 'application/health+json',
  }),
  read('/api/v1/status', 'The whole public picture', { schema: 'Status' }),
  read('/api/v1/servers/{id}', 'One server', { schema: 'Server' }, [404]),
  read('/api/v1/sites/{id}', 'One site', { schema: 'Site' }, [404]),
  read('/api/v1/incidents', 'Incidents: open ones first, then the latest', { schema: 'Incidents' }),
  read('/api/v1/timeline', 'What happened, newest first', { schema: 'Timeline' }),
  ...Object.entries(V2_SCHEMAS).map(([path, schema]) => read(`/api/v2/${path}.json`, `Statuspage v2: ${path}`, { schema })),
  read('/metrics', 'Prometheus text, or OpenMetrics where Accept prefers it', { type: 'text/plain' }),
  read('/feed.atom', 'Incidents, switches and maintenance as Atom', { type: 'application/atom+xml' }),
  ...['server', 'site'].flatMap((kind) => [
    read(`/badge/${kind}/{id}.svg`, `The badge of a ${kind}`, { type: 'image/svg+xml' }, [404]),
    read(`/badge/${kind}/{id}.json`, `The same for shields.io's endpoint badge`, { schema: 'Badge' }, [404]),
  ]),
  read('/openapi.json', 'This document', { schema: 'OpenApi' }),
];

const AGENT: Operation[] = [
  {
    method: 'post',
    path: '/agent/v1/poll',
    summary:
      'The long-poll: report in, directive out; 204 when nothing changed in the hold, or a newer poll took over. Retry-After beside a directive: confirm it so many seconds later, unless there is something to say',
    who: 'agent',
    query: { hold_ms: 'How long to hold, 0–50000 milliseconds; default 50000' },
    sends: { schema: 'Report' },
    answers: { 200: { schema: 'Directive' }, 204: null },
    errors: [403, 404, 409, 503],
  },
  { method: 'get', path: '/agent/v1/echo', summary: 'The address that the edge sees', who: 'agent', answers: { 200: { schema: 'Echo' } } },
];

const SERVER: Operation[] = [
  {
    method: 'post',
    path: '/server/v1/resign',
    summary: 'A VPS says that it goes down: its priority is 0 until it was seen down and well again',
    who: 'server',
    sends: { schema: 'Empty', optional: true },
    answers: { 204: null },
    errors: [404],
  },
];

const FLEET_TYPES = ['application/toml', 'application/json'];

const FLEET: Operation[] = [
  {
    method: 'get',
    path: '/admin/v1/fleet',
    summary: 'The fleet file in force: JSON, or TOML where Accept prefers it',
    who: 'admin',
    answers: { 200: { schema: 'Fleet' }, 304: null },
    errors: [404],
  },
  {
    method: 'put',
    path: '/admin/v1/fleet',
    summary: 'Puts a fleet file: every error at once, or a new version and what it changes',
    who: 'admin',
    query: { dry_run: '1: says what would change, and changes nothing', note: 'A line for the list of versions' },
    sends: { schema: 'FleetFile', types: FLEET_TYPES },
    answers: { 200: { schema: 'FleetPut' } },
    errors: [412],
  },
  {
    method: 'get',
    path: '/admin/v1/fleet/versions',
    summary: 'Versions, newest first',
    who: 'admin',
    answers: { 200: { schema: 'Versions' } },
  },
  {
    method: 'post',
    path: '/admin/v1/fleet/rollback',
    summary: 'Puts an earlier version again, as a new one',
    who: 'admin',
    sends: { schema: 'Rollback' },
    answers: { 200: { schema: 'FleetPut' } },
    errors: [404],
  },
];

const NOTIFY: Operation[] = [
  { method: 'get', path: '/admin/v1/notify', summary: 'How each channel is', who: 'admin', answers: { 200: { schema: 'Channels' } } },
  {
    method: 'post',
    path: '/admin/v1/notify/test',
    summary: 'Sends a test message now',
    who: 'admin',
    sends: { schema: 'NotifyTest', optional: true },
    answers: { 200: { schema: 'ChannelTests' } },
    errors: [404, 409, 502],
  },
];

function control(name: string, summary: string, schema: SchemaName, errors: number[]): Operation {
  const sends = { schema, ...(schema === 'Empty' ? { optional: true } : {}) };
  return { method: 'post', path: `/admin/v1/${name}`, summary, who: 'admin', sends, answers: { 204: null }, errors: [404, ...errors] };
}

function tokens(of: 'sites' | 'servers', whose: string): Operation[] {
  const path = `/admin/v1/${of}/{id}/tokens`;
  return [
    {
      method: 'get',
      path,
      summary: `The tokens of ${whose}, without their secrets`,
      who: 'admin',
      answers: { 200: { schema: 'Tokens' } },
      errors: [404],
    },
    {
      method: 'post',
      path,
      summary: `A new token of ${whose}: this answer is the only place where its secret is shown; a third valid one is 409`,
      who: 'admin',
      sends: { schema: 'Empty', optional: true },
      answers: { 201: { schema: 'NewToken' } },
      errors: [404, 409],
    },
    { method: 'delete', path: `${path}/{token}`, summary: 'Revokes a token at once', who: 'admin', answers: { 204: null }, errors: [404] },
  ];
}

/** Every route. A test holds it to the routes that the Worker has. */
export const OPERATIONS: readonly Operation[] = [
  ...PUBLIC,
  ...AGENT,
  ...SERVER,
  ...FLEET,
  ...NOTIFY,
  control('sites/{id}/pin', 'Sends all new flows of a site through one server while it is reachable', 'Pin', [409]),
  control('sites/{id}/unpin', 'Takes the pin away', 'Empty', []),
  control('sites/{id}/drill', 'Switches to the standby, measures, and returns', 'Empty', [409]),
  ...tokens('sites', "a site's agent"),
  control('servers/{id}/maintenance', 'Takes a server out until a time', 'Maintenance', []),
  {
    method: 'delete',
    path: '/admin/v1/servers/{id}/maintenance',
    summary: 'Calls it off',
    who: 'admin',
    answers: { 204: null },
    errors: [404],
  },
  ...tokens('servers', 'a server'),
];
