import { type Env, fleetOf } from '../env.ts';
import { adminRoutes } from './admin.ts';
import { agentRoutes } from './agent.ts';
import { consoleRoutes } from './console/routes.ts';
import { limitWrongTokens } from './limit.ts';
import { publicRoutes } from './public.ts';
import { withTokenHeaders } from './public-headers.ts';
import { Router } from './router.ts';
import { serverRoutes } from './server.ts';

/** Every route of the Worker. */
export function edgeRoutes(): Router<Env> {
  const app = new Router<Env>();
  for (const path of ['/agent/*', '/server/*', '/admin/v1/*']) {
    app.on('ALL', path, async (_, next) => withTokenHeaders(await next()));
    app.on('ALL', path, limitWrongTokens);
  }
  app.mount('/agent/v1', agentRoutes());
  app.mount('/server/v1', serverRoutes());
  app.mount('/admin/v1', adminRoutes());
  app.mount('/admin', consoleRoutes());
  app.mount(
    '',
    publicRoutes<Env>({
      status: (env) => fleetOf(env).status(),
      vitals: (env) => fleetOf(env).vitals(),
      page: (env) => fleetOf(env).page(),
      server: (env, id) => fleetOf(env).server(id),
      metrics: (env) => fleetOf(env).metrics(),
    }),
  );
  return app;
}
