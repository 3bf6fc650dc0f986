import { type Context, Hono } from 'hono';
import type { Status } from '../protocol/status.ts';
import { PAGE_CSS } from '../status/css.ts';
import { statusPage } from '../status/page.ts';
import { PAGE_JS } from '../status/script.ts';
import { languageOf, WORDS } from '../status/words.ts';
import { noneMatch, weakEtag } from './etag.ts';
import { healthOf } from './health.ts';
import { isForPrograms, messageAnswer, notFound } from './not-found.ts';
import { problem } from './problem.ts';
import { optionsAnswer, READ_METHODS, withPublicHeaders } from './public-headers.ts';

export interface PublicDeps<Bindings extends object> {
  /** The public picture; a rejection is answered with 503. */
  status(env: Bindings): Promise<Status>;
}

/** Caches may keep an answer but ask before they use it: what it says can change at any second. */
const REVALIDATE = 'no-cache';

/** What a part of the picture is called, and what `/api/v1/…` answers for it; null: there is none of that id. */
type Projection = (status: Status, id: string) => unknown;

const JSON_ROUTES: Readonly<Record<string, Projection>> = {
  '/api/v1/status': (status) => status,
  '/api/v1/servers/:id': (status, id) => status.servers.find((server) => server.id === id) ?? null,
  '/api/v1/sites/:id': (status, id) => status.sites.find((site) => site.id === id) ?? null,
  '/api/v1/incidents': ({ at, incidents }) => ({ at, incidents }),
  '/api/v1/timeline': ({ at, timeline }) => ({ at, timeline }),
};

const ASSETS = {
  '/page.css': { body: PAGE_CSS, type: 'text/css; charset=utf-8' },
  '/page.js': { body: PAGE_JS, type: 'text/javascript; charset=utf-8' },
} as const;

/** What anyone may read, without a token: the status page and the same as JSON. Mount it at `/`, and `notFound` of not-found.ts as the Worker's own. */
export function publicRoutes<Bindings extends object>(deps: PublicDeps<Bindings>): Hono<{ Bindings: Bindings }> {
  type Ctx = Context<{ Bindings: Bindings }>;
  const app = new Hono<{ Bindings: Bindings }>();
  const read = (path: string, answer: (c: Ctx) => Promise<Response>) => {
    app.get(path, async (c) => withPublicHeaders(await answer(c)));
    app.options(path, () => withPublicHeaders(optionsAnswer()));
    app.all(path, (c) => withPublicHeaders(methodNotAllowed(c.req.method)));
  };

  read('/', async (c) => pageAnswer(c, await deps.status(c.env)));
  read('/health', async (c) => conditional(c, healthOf(await deps.status(c.env)), 'application/health+json'));
  for (const [path, project] of Object.entries(JSON_ROUTES)) {
    read(path, async (c) => jsonAnswer(c, project(await deps.status(c.env), c.req.param('id') ?? '')));
  }
  for (const [path, { body, type }] of Object.entries(ASSETS)) read(path, (c) => conditional(c, body, type));

  app.notFound((c) => notFound(c.req.raw));
  app.onError((error, c) => unavailable(error, c.req.raw));
  return app;
}

async function pageAnswer(c: Context, status: Status): Promise<Response> {
  const words = WORDS[languageOf(c.req.header('accept-language'))];
  const etag = await weakEtag([{ ...status, at: null }, words.lang]);
  const headers = { etag, vary: 'Accept-Language', 'cache-control': REVALIDATE };
  if (noneMatch(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  return new Response(await statusPage(status, words), {
    headers: { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-language': words.lang },
  });
}

async function jsonAnswer(c: Context, part: unknown): Promise<Response> {
  if (part === null) return problem(404, 'Not found', `there is no "${c.req.param('id')}" here: /api/v1/status lists what there is`);
  return conditional(c, part, 'application/json');
}

/** A representation with its ETag, or 304. `at`, which changes at every read, is not part of the tag; text is sent as it is, all else as JSON. */
async function conditional(c: Context, content: unknown, type: string): Promise<Response> {
  const stable = typeof content === 'object' && content !== null && 'at' in content ? { ...content, at: null } : content;
  const etag = await weakEtag(stable);
  const headers = { etag, 'cache-control': REVALIDATE };
  if (noneMatch(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  return new Response(body, { headers: { ...headers, 'content-type': type } });
}

function methodNotAllowed(method: string): Response {
  return problem(405, 'Method not allowed', `${method} is not possible here: this is for reading`, {}, { allow: READ_METHODS });
}

/** The picture could not be had. That says nothing about the servers, and the answer must not look as if it did. */
async function unavailable(error: Error, request: Request): Promise<Response> {
  console.error('the public picture cannot be read', error);
  const { pathname } = new URL(request.url);
  if (pathname === '/health') {
    const headers = { 'content-type': 'application/health+json', 'cache-control': 'no-store' };
    return withPublicHeaders(new Response(JSON.stringify({ status: 'fail', serviceId: 'farwatch' }), { status: 503, headers }));
  }
  if (!isForPrograms(pathname)) return messageAnswer('unavailable', 503, request);
  return withPublicHeaders(
    problem(503, 'Service unavailable', 'the status cannot be read now; this says nothing about the servers', {}, { 'retry-after': '5' }),
  );
}
