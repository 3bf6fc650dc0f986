import { type Env, fleetOf } from '../env.ts';
import { notifyTestSchema } from './bodies.ts';
import { readJson } from './body.ts';
import { problem } from './problem.ts';
import { type Context, Router } from './router.ts';

type C = Context<Env>;

const NO_STORE = { headers: { 'cache-control': 'no-store' } };

/** Notifications, under `/admin/v1/notify`: how each channel is, and a test message. */
export function notifyRoutes(): Router<Env> {
  const app = new Router<Env>();
  app.get('/', async (c) => Response.json({ channels: await fleetOf(c.env).notifyReport() }, NO_STORE));
  app.post('/test', test);
  return app;
}

/** 200 when every message was taken; 502 says for each channel what happened. */
async function test(c: C): Promise<Response> {
  const body = await readJson(c.request, notifyTestSchema, {});
  if (!body.ok) return body.response;
  const channel = body.value.channel ?? null;
  const results = await fleetOf(c.env).notifyTest(channel);
  if (results.length === 0) {
    const which = channel === null ? 'the fleet file has no [[notify]]' : `the fleet file has no notify[${channel}]`;
    return problem(channel === null ? 409 : 404, channel === null ? 'Conflict' : 'Not found', which);
  }
  const failed = results.filter(({ ok }) => !ok);
  if (failed.length === 0) return Response.json({ results }, NO_STORE);
  const detail = failed.map(({ channel: index, scheme, reason }) => `notify[${index}] (${scheme}): ${reason}`).join('; ');
  return problem(502, 'Notification failed', detail, { results });
}
