import { Hono } from 'hono';
import { type Env, fleetOf } from './env.ts';
import { adminRoutes } from './http/admin.ts';
import { agentRoutes } from './http/agent.ts';
import { problem } from './http/problem.ts';
import { serverRoutes } from './http/server.ts';

export { Fleet } from './objects/fleet.ts';
export { Site } from './objects/site.ts';
export { Vantage } from './objects/vantage.ts';

const app = new Hono<{ Bindings: Env }>();

app.route('/agent/v1', agentRoutes());
app.route('/server/v1', serverRoutes());
app.route('/admin/v1', adminRoutes());
app.notFound(() => problem(404, 'Not found', 'no such route'));
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
