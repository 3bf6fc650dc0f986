import { reset } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { fleetOf } from '../../worker/env.ts';
import { edgeRoutes } from '../../worker/http/app.ts';
import { openapi } from '../../worker/http/openapi/document.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import { env, send } from './site-world.ts';

/*
 * The document against the Worker: every route is described and every description has a route, and what is really answered fits the schema that
 * the document has for it, read as any reader of JSON Schema would.
 */

const media = z.object({ schema: z.looseObject({}), example: z.unknown() });
const contentSchema = z.record(z.string(), media);
const operationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean().optional() })),
  requestBody: z.object({ required: z.boolean(), content: contentSchema }).optional(),
  responses: z.record(
    z.string(),
    z.object({ $ref: z.string().optional(), description: z.string().optional(), content: contentSchema.optional() }),
  ),
});
const documentSchema = z.object({
  openapi: z.string().regex(/^3\.1\./),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({})),
    responses: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.record(z.string(), z.looseObject({})),
  }),
});

const DOCUMENT = documentSchema.parse(JSON.parse(JSON.stringify(openapi('https://edge.test'))));
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
);

/** The validator of a schema, whose references are looked up in the document. */
function validator(schema: object): z.ZodType {
  const { $ref } = schema as { $ref?: string };
  const named = $ref === undefined ? schema : DOCUMENT.components.schemas[$ref.replace('#/components/schemas/', '')];
  if (named === undefined) throw new Error(`${$ref} leads nowhere`);
  return z.fromJSONSchema(named as Parameters<typeof z.fromJSONSchema>[0]);
}

const ADMIN = 'test-admin-token';
const FLEET = {
  fleet: { name: 'test' },
  vantage: [{ id: 'v1', region: 'weur' }],
  server: ['a', 'b'].map((id) => ({ id, address: '198.51.100.1', check: [{ kind: 'http', url: 'http://198.51.100.1/' }] })),
  site: [{ id: 'home', servers: ['a', 'b'] }],
  notify: [{ url: 'json://127.0.0.1:9/x', events: ['switch'] }],
};

beforeEach(() => void vi.spyOn(Vantage.prototype, 'assume').mockResolvedValue());
afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

describe('/openapi.json', () => {
  it('describes every route, and no other', () => {
    const named = (path: string) => path.replace(/:(\w+)/g, '{$1}');
    const routes = edgeRoutes().routes.filter(({ method }) => method !== 'ALL' && method !== 'OPTIONS');
    // The forms of people's controls are no interface: only their page is described.
    const isForm = (path: string) => /^\/admin\/(?!v1\/)/.test(path);
    const real = new Set(routes.filter(({ path }) => !isForm(path)).map(({ method, path }) => `${method} ${named(path)}`));
    expect(OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual([...real].sort());
    const ids = OPERATIONS.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names the parameters of each path, leads nowhere, and has an example for every body that fits it', () => {
    for (const { path, operation } of OPERATIONS) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
      const contents = [operation.requestBody?.content, ...Object.values(operation.responses).map(({ content }) => content)];
      for (const [type, { schema, example }] of contents.flatMap((content) => Object.entries(content ?? {})))
        if (type.includes('json')) expect(validator(schema).safeParse(example), `${path} ${type}`).toMatchObject({ success: true });
      for (const { $ref } of Object.values(operation.responses))
        if ($ref !== undefined) expect(DOCUMENT.components.responses).toHaveProperty([$ref.replace('#/components/responses/', '')]);
    }
  });

  it('is what the Worker answers', async () => {
    await send('PUT', '/admin/v1/fleet', { token: ADMIN, json: FLEET });
    const t = Date.now();
    const votes = Object.fromEntries(['a', 'b'].map((id) => [id, { vote: 'up' as const, t, why: 'answered', latencyMs: 5 }]));
    const readings = [{ server: 'a', check: 0, t, ok: true, ms: 5, status: 204 }];
    await fleetOf(env).votes({ vantage: 'v1', revision: 1_000_000, t, colo: 'TST', sighted: true, votes, suspects: [], readings });
    const { token } = await (await send('POST', '/admin/v1/sites/home/tokens', { token: ADMIN })).json<{ token: string }>();
    await fleetOf(env).setMaintenance('b', { fromMs: null, untilMs: t + 60_000 });

    const tokens: Record<string, string> = { '/agent': token, '/admin': ADMIN };
    for (const { method, path, operation } of OPERATIONS.filter((one) => one.method === 'get')) {
      const real = path.replace('/servers/{id}', '/servers/a').replace('/server/{id}', '/server/a').replace('{id}', 'home');
      const bearer = tokens[/^\/\w+/.exec(path)?.[0] ?? ''];
      const answer = await send(method.toUpperCase(), real, bearer === undefined ? {} : { token: bearer });
      expect(answer.status, path).toBe(200);
      const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
      const schema = operation.responses[200]?.content?.[type]?.schema;
      expect(schema, `${path} as ${type}`).toBeDefined();
      const body = await answer.text();
      if (type.includes('json')) expect(validator(schema ?? {}).safeParse(JSON.parse(body)), path).toMatchObject({ success: true });
    }
    const metrics = await (await send('GET', '/metrics')).text();
    expect(metrics).toContain('probe_http_status_code{target="a",region="weur",check="0"} 204\n');
    expect(await (await send('GET', '/api/v2/scheduled-maintenances/active.json')).json()).toMatchObject({
      scheduled_maintenances: [{ status: 'in_progress', components: [{ id: 'b', status: 'under_maintenance' }] }],
    });
    const { example } = OPERATIONS.find(({ path }) => path === '/agent/v1/poll')?.operation.requestBody?.content['application/json'] ?? {};
    const poll = await send('POST', '/agent/v1/poll?hold_ms=0', { token, json: { ...(example as object), applied: 0 } });
    expect([200, 204]).toContain(poll.status);
  });

  it('says with which methods a path that has others can be asked', async () => {
    const allowed = { '/agent/v1/poll': 'POST, OPTIONS', '/server/v1/resign': 'POST, OPTIONS', '/agent/v1/echo': 'GET, HEAD, OPTIONS' };
    for (const [path, allow] of Object.entries(allowed)) {
      const answer = await send('DELETE', path);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
      expect((await send('OPTIONS', path)).headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await send('PATCH', '/admin/v1/fleet', { token: ADMIN })).headers.get('allow')).toBe('GET, PUT, HEAD, OPTIONS');
    expect((await send('PATCH', '/admin/v1/fleet')).status).toBe(401);
  });
});
