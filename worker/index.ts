import { type Env, fleetOf } from './env.ts';
import { edgeApp } from './http/app.ts';

export { Fleet } from './objects/fleet.ts';
export { Site } from './objects/site.ts';
export { Vantage } from './objects/vantage.ts';

const app = edgeApp();

export default {
  fetch: app.fetch,
  /** Cron, once a minute: the watchdog that re-arms what lost its alarm. */
  scheduled(_controller, env, ctx) {
    ctx.waitUntil(fleetOf(env).watchdog());
  },
} satisfies ExportedHandler<Env>;
