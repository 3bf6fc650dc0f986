import { Hono } from 'hono/tiny';
import { type Env, fleetOf } from '../env.ts';
import { adminRoutes } from './admin.ts';
import { agentRoutes } from './agent.ts';
import { limitWrongTokens } from './limit.ts';
import { methodsAt } from './methods.ts';
import { notFound } from './not-found.ts';
import { publicRoutes } from './public.ts';
import { serverRoutes } from './server.ts';
import { unavailable } from './unavailable.ts';

/** Every route of the Worker. */
export function edgeApp(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  for (const path of ['/agent/*', '/server/*', '/admin/v1/*']) app.use(path, limitWrongTokens);
  app.route('/agent/v1', agentRoutes());
  app.route('/server/v1', serverRoutes());
  app.route('/admin/v1', adminRoutes());
  app.route('/', publicRoutes<Env>({ status: (env) => fleetOf(env).status(), metrics: (env) => fleetOf(env).metrics() }));
  app.notFound((c) => notFound(c.req.raw, methodsAt(app.routes, new URL(c.req.url).pathname)));
  app.onError((error, c) => unavailable(error, c.req.raw));
  return app;
}
