import { Hono } from 'hono';
import { type Env, fleetOf } from './env.ts';
import { adminRoutes } from './http/admin.ts';
import { agentRoutes } from './http/agent.ts';
import { notFound } from './http/not-found.ts';
import { problem } from './http/problem.ts';
import { publicRoutes } from './http/public.ts';
import { serverRoutes } from './http/server.ts';

export { Fleet } from './objects/fleet.ts';
export { Site } from './objects/site.ts';
export { Vantage } from './objects/vantage.ts';

const app = new Hono<{ Bindings: Env }>();

app.route('/agent/v1', agentRoutes());
app.route('/server/v1', serverRoutes());
app.route('/admin/v1', adminRoutes());
app.route('/', publicRoutes<Env>({ status: (env) => fleetOf(env).status() }));
app.notFound((c) => notFound(c.req.raw));
app.onError((error) => {
  console.error(error);
  return problem(500, 'Internal error');
});

export default {
  fetch: app.fetch,
  /** Cron, once a minute: the watchdog that re-arms what lost its alarm. */
  scheduled(_controller, env, ctx) {
    ctx.waitUntil(fleetOf(env).watchdog());
  },
} satisfies ExportedHandler<Env>;
