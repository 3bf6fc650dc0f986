import * as z from 'zod/mini';
import { type Env, fleetOf, siteOf } from '../env.ts';
import { MAX_HOLD_MS } from '../objects/cadence.ts';
import { reportSchema } from '../protocol/report.ts';
import { claimedToken, unauthorized } from './auth.ts';
import { readJson, unprocessable } from './body.ts';
import { holdPoll } from './held-poll.ts';
import { problem } from './problem.ts';
import { Router } from './router.ts';

const holdSchema = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(MAX_HOLD_MS));

/** What an agent calls, under `/agent/v1`, with its site's token. */
export function agentRoutes(): Router<Env> {
  const app = new Router<Env>();
  app.post('/poll', (c) => poll(c.request, c.env, c.ctx));
  app.get('/echo', (c) => echo(c.request, c.env));
  return app;
}

/** Report in, directive out. `?hold_ms=` (0–50000) shortens the hold: 0 asks without waiting. */
async function poll(request: Request, env: Env, ctx: Pick<ExecutionContext, 'waitUntil'>): Promise<Response> {
  const claim = claimedToken(request, 'fws');
  if (!claim.ok) return claim.response;
  const { owner, token } = claim;
  const report = await readJson(request, reportSchema);
  const hold = holdSchema.safeParse(new URL(request.url).searchParams.get('hold_ms') ?? MAX_HOLD_MS);
  const mine = report.ok && report.value.site === owner;
  if (!(await mayAsk(env, owner))) return problem(404, 'Not found', 'this site is not in the fleet file');
  if (mine && hold.success) return holdPoll(env, ctx, token, report.value, hold.data);
  // The refusals below are told to those only whose token is valid; a good poll has it checked when its socket opens.
  if (!(await siteOf(env, owner).checkToken(token))) return unauthorized('this token is not valid for its site');
  if (!report.ok) return report.response;
  if (!mine) return problem(403, 'Forbidden', `this token opens ${owner} only, and the report is of ${report.value.site}`);
  return unprocessable([{ path: '', message: `hold_ms must be an integer from 0 to ${MAX_HOLD_MS}` }]).response;
}

/** The address that the edge sees: asked through each tunnel, it tells which exit the traffic really takes. */
async function echo(request: Request, env: Env): Promise<Response> {
  const claim = claimedToken(request, 'fws');
  if (!claim.ok) return claim.response;
  const isValid = (await mayAsk(env, claim.owner)) && (await siteOf(env, claim.owner).checkToken(claim.token));
  if (!isValid) return unauthorized('this token is not valid for its site');
  const address = request.headers.get('cf-connecting-ip');
  return Response.json({ address }, { headers: { 'cache-control': 'no-store' } });
}

/** Sites that were in the fleet file when they were asked about. There are as many as were ever in it. */
const KNOWN = new Set<string>();

/** Whether the object of a site may be woken for somebody whose token nobody has looked at yet. At Cloudflare it may: it leaves nothing behind. */
async function mayAsk(env: Env, site: string): Promise<boolean> {
  if (env.OBJECTS_STAY !== 'true' || KNOWN.has(site)) return true;
  const isKnown = await fleetOf(env).hasSite(site);
  if (isKnown) KNOWN.add(site);
  return isKnown;
}
