import { type Env, fleetOf, siteOf } from '../env.ts';
import type { Outcome } from '../objects/contract.ts';
import { idSchema } from '../protocol/ids.ts';
import { fleetRoutes } from './admin-fleet.ts';
import { notifyRoutes } from './admin-notify.ts';
import { refuseUnlessAdmin } from './auth.ts';
import { emptySchema, maintenanceSchema, pinSchema } from './bodies.ts';
import { readJson } from './body.ts';
import { done, refusal } from './outcome.ts';
import { problem } from './problem.ts';
import { type Context, Router } from './router.ts';

type C = Context<Env>;

/** What the administrator calls, under `/admin/v1`. Without the token every path answers 401, also those that do not exist. */
export function adminRoutes(): Router<Env> {
  const app = new Router<Env>();
  app.on('ALL', '/*', async (c, next) => (await refuseUnlessAdmin(c.request, c.env)) ?? next());
  app.mount('/fleet', fleetRoutes());
  app.mount('/notify', notifyRoutes());
  app.on('ALL', '/sites/:id/*', knownSite);
  app.post('/sites/:id/pin', pin);
  app.post('/sites/:id/unpin', (c) => control(c, () => site(c).unpin()));
  app.post('/sites/:id/drill', (c) => control(c, () => site(c).drill()));
  app.post('/sites/:id/tokens', (c) => create(c, () => site(c).createToken()));
  app.get('/sites/:id/tokens', async (c) => listed(await site(c).listTokens()));
  app.delete('/sites/:id/tokens/:token', async (c) => done(await site(c).revokeToken(param(c, 'token'))));
  app.post('/servers/:id/maintenance', maintain);
  app.delete('/servers/:id/maintenance', async (c) => done(await fleetOf(c.env).setMaintenance(param(c, 'id'), null)));
  app.post('/servers/:id/tokens', (c) => create(c, () => fleetOf(c.env).createServerToken(param(c, 'id'))));
  app.get('/servers/:id/tokens', async (c) => listed(await fleetOf(c.env).listServerTokens(param(c, 'id'))));
  app.delete('/servers/:id/tokens/:token', async (c) => done(await fleetOf(c.env).revokeServerToken(param(c, 'id'), param(c, 'token'))));
  return app;
}

/** An id that is not in the fleet file wakes no object. */
async function knownSite(c: C, next: () => Promise<Response>): Promise<Response> {
  const id = param(c, 'id');
  if (idSchema.safeParse(id).success && (await fleetOf(c.env).hasSite(id))) return next();
  return problem(404, 'Not found', `no site ${id.slice(0, 32)} is in the fleet file`);
}

async function pin(c: C): Promise<Response> {
  const body = await readJson(c.request, pinSchema);
  return body.ok ? done(await site(c).pin(body.value.server, body.value.until ?? null)) : body.response;
}

async function maintain(c: C): Promise<Response> {
  const body = await readJson(c.request, maintenanceSchema);
  if (!body.ok) return body.response;
  const { from, until } = body.value;
  return done(await fleetOf(c.env).setMaintenance(param(c, 'id'), { fromMs: from ?? null, untilMs: until }));
}

/** A control without arguments: the body is empty or `{}`. */
async function control(c: C, act: () => Promise<Outcome<null>>): Promise<Response> {
  const body = await readJson(c.request, emptySchema, {});
  return body.ok ? done(await act()) : body.response;
}

async function create(c: C, act: () => Promise<Outcome<{ id: string; token: string }>>): Promise<Response> {
  const body = await readJson(c.request, emptySchema, {});
  if (!body.ok) return body.response;
  const outcome = await act();
  if (!outcome.ok) return refusal(outcome);
  return Response.json(outcome.value, { status: 201, headers: { 'cache-control': 'no-store' } });
}

function listed(outcome: Outcome<unknown[]>): Response {
  return outcome.ok ? Response.json({ tokens: outcome.value }) : refusal(outcome);
}

function site(c: C): ReturnType<typeof siteOf> {
  return siteOf(c.env, param(c, 'id'));
}

function param(c: C, name: string): string {
  return c.params[name] ?? '';
}
