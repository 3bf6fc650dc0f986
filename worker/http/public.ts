import type { DayBars, ServerHistory } from '../protocol/history.ts';
import type { Metrics } from '../protocol/metrics.ts';
import type { ServerStatus, Status } from '../protocol/status.ts';
import { BADGE_KINDS, type BadgeKind, badgeJson, badgeOf, badgeSvg } from '../status/badge.ts';
import { PAGE_CSS } from '../status/css.ts';
import { feed } from '../status/feed.ts';
import { metricsText } from '../status/metrics.ts';
import { statusPage } from '../status/page.ts';
import { PAGE_JS } from '../status/script.ts';
import { STATUSPAGE_PATHS, type StatuspagePath, statuspage } from '../status/statuspage.ts';
import { languageOf, WORDS } from '../status/words.ts';
import { preferred } from './accept.ts';
import { healthOf } from './health.ts';
import { notAllowed } from './not-found.ts';
import { openapi } from './openapi/document.ts';
import { problem } from './problem.ts';
import { optionsAnswer, READ_METHODS, withPublicHeaders } from './public-headers.ts';
import { type Representation, represent, timeless } from './representation.ts';
import { type Context, Router } from './router.ts';

export interface PublicDeps<Bindings extends object> {
  /** The public picture; a rejection is answered with 503. */
  status(env: Bindings): Promise<Status>;
  /** The same with every server's last 90 days. */
  page(env: Bindings): Promise<{ status: Status; bars: DayBars }>;
  /** One server with its past; null: there is none of that id. */
  server(env: Bindings, id: string): Promise<(ServerStatus & ServerHistory) | null>;
  metrics(env: Bindings): Promise<Metrics>;
}

/** What a part of the picture is called, and what `/api/v1/…` answers for it; null: there is none of that id. */
type Projection = (status: Status, id: string) => unknown;

const JSON_ROUTES: Readonly<Record<string, Projection>> = {
  '/api/v1/status': (status) => status,
  '/api/v1/sites/:id': (status, id) => status.sites.find((site) => site.id === id) ?? null,
  '/api/v1/incidents': ({ at, incidents }) => ({ at, incidents }),
  '/api/v1/timeline': ({ at, timeline }) => ({ at, timeline }),
};

const ASSETS = {
  '/page.css': { content: PAGE_CSS, type: 'text/css; charset=utf-8' },
  '/page.js': { content: PAGE_JS, type: 'text/javascript; charset=utf-8' },
} as const;

const BADGE_FORMATS = ['svg', 'json'] as const;

const OPENMETRICS = 'application/openmetrics-text';

/** What anyone may read, without a token: the status page and the same for programs. */
export function publicRoutes<Bindings extends object>(deps: PublicDeps<Bindings>): Router<Bindings> {
  type Ctx = Context<Bindings>;
  const app = new Router<Bindings>();
  const read = (path: string, answer: (c: Ctx) => Promise<Representation | Response>) => {
    app.get(path, async (c) => {
      const answered = await answer(c);
      return withPublicHeaders(answered instanceof Response ? answered : await represent(c, answered));
    });
    app.on('OPTIONS', path, () => withPublicHeaders(optionsAnswer()));
    app.on('ALL', path, (c) => notAllowed(c.request, READ_METHODS));
  };

  read('/', async (c) => page(c, await deps.page(c.env)));
  read('/health', async (c) => ({ content: healthOf(await deps.status(c.env)), type: 'application/health+json' }));
  for (const [path, project] of Object.entries(JSON_ROUTES))
    read(path, async (c) => json(project(await deps.status(c.env), c.params.id ?? ''), '/api/v1/status lists what there is'));
  read('/api/v1/servers/:id', async (c) => json(await deps.server(c.env, c.params.id ?? ''), '/api/v1/status lists what there is'));
  for (const path of Object.keys(STATUSPAGE_PATHS) as StatuspagePath[])
    read(`/api/v2/${path}.json`, async (c) => json(statuspage(path, await deps.status(c.env), pageUrl(c)), ''));
  read('/metrics', async (c) => metrics(c, await deps.metrics(c.env)));
  read('/feed.atom', async (c) => ({
    content: await feed(await deps.status(c.env), pageUrl(c)),
    type: 'application/atom+xml; charset=utf-8',
  }));
  for (const kind of BADGE_KINDS)
    for (const format of BADGE_FORMATS)
      read(`/badge/${kind}/:id.${format}`, async (c) => badge(await deps.status(c.env), kind, c.params.id ?? '', format));
  read('/openapi.json', async (c) => json(openapi(c.url.origin), ''));
  for (const [path, asset] of Object.entries(ASSETS)) read(path, async () => asset);

  return app;
}

async function page<E extends object>(c: Context<E>, { status, bars }: { status: Status; bars: DayBars }): Promise<Representation> {
  const words = WORDS[languageOf(c.request.headers.get('accept-language'))];
  return {
    content: await statusPage(status, words, bars),
    stable: [timeless(status), bars, words.lang],
    type: 'text/html; charset=utf-8',
    headers: { vary: 'Accept-Language', 'content-language': words.lang },
  };
}

/** `null`: there is no such thing, and `hint` says what there is. */
function json(part: unknown, hint: string): Representation | Response {
  return part === null ? problem(404, 'Not found', `there is no such thing here: ${hint}`) : { content: part, type: 'application/json' };
}

function metrics<E extends object>(c: Context<E>, all: Metrics): Representation {
  const isOpen = preferred(c.request.headers.get('accept'), ['text/plain', OPENMETRICS]) === OPENMETRICS;
  return {
    content: metricsText(all, isOpen ? 'openmetrics' : 'prometheus'),
    type: isOpen ? `${OPENMETRICS}; version=1.0.0; charset=utf-8` : 'text/plain; version=0.0.4; charset=utf-8',
    headers: { vary: 'Accept' },
  };
}

type BadgeFormat = (typeof BADGE_FORMATS)[number];

async function badge(status: Status, kind: BadgeKind, id: string, format: BadgeFormat): Promise<Representation | Response> {
  const found = badgeOf(status, kind, id);
  if (found === null) return json(null, '/api/v1/status lists what there is');
  return format === 'json' ? json(badgeJson(found), '') : { content: await badgeSvg(found), type: 'image/svg+xml; charset=utf-8' };
}

/** Where people read the page: at the address at which we were asked. */
function pageUrl<E extends object>(c: Context<E>): string {
  return new URL('/', c.url).href;
}
