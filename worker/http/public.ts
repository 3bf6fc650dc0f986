import type { DayBars, ServerHistory } from '../protocol/history.ts';
import type { Metrics } from '../protocol/metrics.ts';
import type { ServerStatus, Status, Vitals } from '../protocol/status.ts';
import { BADGE_KINDS, type BadgeKind, badgeJson, badgeOf, badgeSvg } from '../status/badge.ts';
import { PAGE_CSS } from '../status/css.ts';
import { feed } from '../status/feed.ts';
import { metricsText } from '../status/metrics.ts';
import { statusPage } from '../status/page.ts';
import { PAGE_JS } from '../status/script.ts';
import { STATUSPAGE_PATHS, type StatuspagePath, statuspage } from '../status/statuspage.ts';
import { steadyServer, steadySite, steadyStatus } from '../status/steady.ts';
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
  /** The part of it that `/health` needs. */
  vitals(env: Bindings): Promise<Vitals>;
  /** The same with every server's last 90 days. */
  page(env: Bindings): Promise<{ status: Status; bars: DayBars }>;
  /** One server with its past; null: there is none of that id. */
  server(env: Bindings, id: string): Promise<(ServerStatus & ServerHistory) | null>;
  metrics(env: Bindings): Promise<Metrics>;
}

/** What a part of the picture answers, and what of it lasts while nothing happens; null: there is none of that id. */
type Projection = (status: Status, id: string) => { content: unknown; stable: unknown } | null;

const JSON_ROUTES: Readonly<Record<string, Projection>> = {
  '/api/v1/status': (status) => ({ content: status, stable: steadyStatus(status) }),
  '/api/v1/sites/:id': (status, id) => steadily(status.sites.find((site) => site.id === id) ?? null, steadySite),
  '/api/v1/incidents': ({ at, incidents }) => ({ content: { at, incidents }, stable: incidents }),
  '/api/v1/timeline': ({ at, timeline }) => ({ content: { at, timeline }, stable: timeline }),
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
  read('/health', async (c) => health(await deps.vitals(c.env)));
  for (const [path, project] of Object.entries(JSON_ROUTES))
    read(path, async (c) => found(project(await deps.status(c.env), c.params.id ?? '')));
  read('/api/v1/servers/:id', async (c) => found(steadily(await deps.server(c.env, c.params.id ?? ''), steadyServer)));
  for (const path of Object.keys(STATUSPAGE_PATHS) as StatuspagePath[])
    read(`/api/v2/${path}.json`, async (c) => json(statuspage(path, await deps.status(c.env), pageUrl(c))));
  read('/metrics', async (c) => metrics(c, await deps.metrics(c.env)));
  read('/feed.atom', async (c) => ({
    content: await feed(await deps.status(c.env), pageUrl(c)),
    type: 'application/atom+xml; charset=utf-8',
  }));
  for (const kind of BADGE_KINDS)
    for (const format of BADGE_FORMATS)
      read(`/badge/${kind}/:id.${format}`, async (c) => badge(await deps.status(c.env), kind, c.params.id ?? '', format));
  read('/openapi.json', async (c) => json(openapi(c.url.origin)));
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

function json(content: unknown): Representation {
  return { content, type: 'application/json' };
}

function steadily<Part>(part: Part | null, steady: (part: Part) => unknown): ReturnType<Projection> {
  return part === null ? null : { content: part, stable: steady(part) };
}

/** What there is as JSON, or that there is no such thing, and where to read what there is. */
function found(part: ReturnType<Projection>): Representation | Response {
  return part === null ? unknownId() : { ...part, type: 'application/json' };
}

function unknownId(): Response {
  return problem(404, 'Not found', 'there is no such thing here: /api/v1/status lists what there is');
}

function metrics<E extends object>(c: Context<E>, all: Metrics): Representation {
  const isOpen = preferred(c.request.headers.get('accept'), ['text/plain', OPENMETRICS]) === OPENMETRICS;
  return {
    content: metricsText(all, isOpen ? 'openmetrics' : 'prometheus'),
    type: isOpen ? `${OPENMETRICS}; version=1.0.0; charset=utf-8` : 'text/plain; version=0.0.4; charset=utf-8',
    headers: { vary: 'Accept' },
  };
}

function health(vitals: Vitals): Representation {
  const untimed = vitals.vantages.map((vantage) => ({ ...vantage, at: null }));
  return { content: healthOf(vitals), stable: healthOf({ ...vitals, vantages: untimed }), type: 'application/health+json' };
}

type BadgeFormat = (typeof BADGE_FORMATS)[number];

async function badge(status: Status, kind: BadgeKind, id: string, format: BadgeFormat): Promise<Representation | Response> {
  const shown = badgeOf(status, kind, id);
  if (shown === null) return unknownId();
  return format === 'json' ? json(badgeJson(shown)) : { content: await badgeSvg(shown), type: 'image/svg+xml; charset=utf-8' };
}

/** Where people read the page: at the address at which we were asked. */
function pageUrl<E extends object>(c: Context<E>): string {
  return new URL('/', c.url).href;
}
