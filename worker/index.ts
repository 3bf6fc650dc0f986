import { type Env, fleetOf } from './env.ts';
import { edgeRoutes } from './http/app.ts';
import { serving } from './http/serving.ts';

export { Fleet } from './objects/fleet.ts';
export { Site } from './objects/site.ts';
export { Vantage } from './objects/vantage.ts';

const answer = serving(edgeRoutes());

export default {
  fetch: answer,
  /** Cron, once a minute: the watchdog that re-arms what lost its alarm. */
  scheduled(_controller, env, ctx) {
    ctx.waitUntil(fleetOf(env).watchdog());
  },
} satisfies ExportedHandler<Env>;
