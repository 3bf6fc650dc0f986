import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { type Env, fleetOf } from '../env.ts';
import { rollbackSchema } from './bodies.ts';
import { mediaType, readJson, readPackedText, unsupported } from './body.ts';
import { refusal } from './outcome.ts';
import { problem } from './problem.ts';

type C = Context<{ Bindings: Env }>;

/** How a fleet file may come and go. */
const FORMATS: Record<string, 'toml' | 'json'> = {
  'application/toml': 'toml',
  'text/toml': 'toml',
  'text/x-toml': 'toml',
  'application/json': 'json',
};

/** The central configuration, under `/admin/v1/fleet`. */
export function fleetRoutes(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.get('/', getFleet);
  app.put('/', putFleet);
  app.get('/versions', async (c) => c.json({ versions: await fleetOf(c.env).versions() }));
  app.post('/rollback', rollback);
  return app;
}

/** JSON, or TOML when `Accept` prefers it. */
async function getFleet(c: C): Promise<Response> {
  const stored = await fleetOf(c.env).getFleet();
  if (stored === null) return problem(404, 'Not found', 'no fleet is configured yet: PUT one here');
  const headers = { etag: stored.etag, vary: 'accept', 'cache-control': 'private, no-cache' };
  if (c.req.header('if-none-match') === stored.etag) return new Response(null, { status: 304, headers });
  if (!prefersToml(c.req.header('accept') ?? '')) return Response.json(stored.fleet, { headers });
  return new Response(stored.toml, { headers: { ...headers, 'content-type': 'application/toml; charset=utf-8' } });
}

async function putFleet(c: C): Promise<Response> {
  const format = FORMATS[mediaType(c.req.raw) ?? ''];
  if (format === undefined) return unsupported('application/toml or application/json').response;
  const text = await readPackedText(c.req.raw);
  if (!text.ok) return text.response;
  const dryRun = ['1', 'true'].includes(c.req.query('dry_run') ?? '');
  const { origin } = new URL(c.req.url);
  const options = { dryRun, ifMatch: c.req.header('if-match') ?? null, note: (c.req.query('note') ?? '').slice(0, 200), origin };
  const outcome = await fleetOf(c.env).putFleet(text.value, format, options);
  return outcome.ok ? c.json(outcome.value) : refusal(outcome);
}

async function rollback(c: C): Promise<Response> {
  const body = await readJson(c.req.raw, rollbackSchema);
  if (!body.ok) return body.response;
  const outcome = await fleetOf(c.env).rollback(body.value.version);
  return outcome.ok ? c.json(outcome.value) : refusal(outcome);
}

/** Whether a TOML type has a higher quality than JSON, or the same and comes first. */
function prefersToml(accept: string): boolean {
  let best: { format: 'toml' | 'json'; q: number } | null = null;
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const format = FORMATS[type];
    const q = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (format !== undefined && q > (best?.q ?? 0)) best = { format, q };
  }
  return best?.format === 'toml';
}
