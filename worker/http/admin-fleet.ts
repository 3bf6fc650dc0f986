import { type Env, fleetOf } from '../env.ts';
import type { Outcome, PutFleetResult } from '../objects/contract.ts';
import { etagOf } from '../objects/fleet-config.ts';
import { preferred } from './accept.ts';
import { rollbackSchema } from './bodies.ts';
import { mediaType, readJson, readPackedText, unsupported } from './body.ts';
import { noneMatch } from './etag.ts';
import { refusal } from './outcome.ts';
import { problem } from './problem.ts';
import { type Context, Router } from './router.ts';

type C = Context<Env>;

/** TOML has had more than one name. */
const TOML_TYPES = ['application/toml', 'text/toml', 'text/x-toml'];

/** The central configuration, under `/admin/v1/fleet`. */
export function fleetRoutes(): Router<Env> {
  const app = new Router<Env>();
  app.get('/', getFleet);
  app.put('/', putFleet);
  app.get('/versions', async (c) => Response.json({ versions: await fleetOf(c.env).versions() }));
  app.post('/rollback', rollback);
  return app;
}

/** JSON, or TOML when `Accept` prefers it. */
async function getFleet(c: C): Promise<Response> {
  const stored = await fleetOf(c.env).getFleet();
  if (stored === null) return problem(404, 'Not found', 'no fleet is configured yet: PUT one here');
  const headers = { etag: stored.etag, vary: 'accept', 'cache-control': 'private, no-cache' };
  if (noneMatch(c.request.headers.get('if-none-match'), stored.etag)) return new Response(null, { status: 304, headers });
  if (preferred(c.request.headers.get('accept'), ['application/json', ...TOML_TYPES]) === 'application/json')
    return Response.json(stored.fleet, { headers });
  return new Response(stored.toml, { headers: { ...headers, 'content-type': 'application/toml; charset=utf-8' } });
}

async function putFleet(c: C): Promise<Response> {
  const type = mediaType(c.request) ?? '';
  const format = TOML_TYPES.includes(type) ? 'toml' : 'json';
  if (format === 'json' && type !== 'application/json') return unsupported('application/toml or application/json').response;
  const text = await readPackedText(c.request);
  if (!text.ok) return text.response;
  const dryRun = ['1', 'true'].includes(c.url.searchParams.get('dry_run') ?? '');
  const { origin } = new URL(c.request.url);
  const options = {
    dryRun,
    ifMatch: c.request.headers.get('if-match') ?? null,
    note: (c.url.searchParams.get('note') ?? '').slice(0, 200),
    origin,
  };
  return adopted(await fleetOf(c.env).putFleet(text.value, format, options), dryRun);
}

async function rollback(c: C): Promise<Response> {
  const body = await readJson(c.request, rollbackSchema);
  if (!body.ok) return body.response;
  return adopted(await fleetOf(c.env).rollback(body.value.version), false);
}

/** What a change came to, with the ETag to send as `If-Match` with the next; a dry run leaves none behind. */
function adopted(outcome: Outcome<PutFleetResult>, dryRun: boolean): Response {
  if (!outcome.ok) return refusal(outcome);
  return Response.json(outcome.value, { headers: dryRun ? {} : { etag: etagOf(outcome.value) } });
}
