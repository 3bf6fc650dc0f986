import { type Env, fleetOf } from '../env.ts';
import { claimedToken, unauthorized } from './auth.ts';
import { emptySchema } from './bodies.ts';
import { readJson } from './body.ts';
import { done } from './outcome.ts';
import { Router } from './router.ts';

/** What a VPS calls, under `/server/v1`, with its own token. */
export function serverRoutes(): Router<Env> {
  const app = new Router<Env>();
  app.post('/resign', (c) => resign(c.request, c.env));
  return app;
}

/** The VPS goes down and says so: its priority is 0 until it has been seen down and well again. */
async function resign(request: Request, env: Env): Promise<Response> {
  const claim = claimedToken(request, 'fwv');
  if (!claim.ok) return claim.response;
  const fleet = fleetOf(env);
  if (!(await fleet.checkServerToken(claim.owner, claim.token))) return unauthorized('this token is not valid for its server');
  const body = await readJson(request, emptySchema, {});
  return body.ok ? done(await fleet.resign(claim.owner)) : body.response;
}
