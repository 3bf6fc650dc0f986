import { createExecutionContext, reset } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fleetOf } from '../../worker/env.ts';
import { mintToken } from '../../worker/objects/tokens.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import type { Status } from '../../worker/protocol/status.ts';
import { directiveIn, env, send, until } from './site-world.ts';

const ADMIN = 'test-admin-token';

const FLEET = {
  fleet: { name: 'test' },
  vantage: [{ id: 'v1', region: 'weur' }],
  server: [
    { id: 'a', address: '198.51.100.1', priority: 200, check: [{ kind: 'tcp', port: 443 }] },
    { id: 'b', address: '198.51.100.2', priority: 100, check: [{ kind: 'tcp', port: 443 }] },
  ],
  site: [{ id: 'home', servers: ['a', 'b'] }],
};

const TOML = `
[fleet]
name = "from TOML"
[[vantage]]
id = "v1"
region = "weur"
[[server]]
id = "a"
address = "198.51.100.1"
check = [{ kind = "tcp", port = 443 }]
[[site]]
id = "home"
servers = ["a"]
`;

function admin(method: string, path: string, json?: unknown, headers?: Record<string, string>): Promise<Response> {
  return send(method, `/admin/v1${path}`, {
    token: ADMIN,
    ...(json === undefined ? {} : { json }),
    ...(headers === undefined ? {} : { headers }),
  });
}

async function put(fleet: unknown = FLEET): Promise<Response> {
  const answer = await admin('PUT', '/fleet', fleet);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer;
}

async function newToken(path: string): Promise<{ id: string; token: string }> {
  const answer = await admin('POST', `${path}/tokens`);
  expect(answer.status).toBe(201);
  return answer.json();
}

function report(more: object = {}) {
  const paths = ['a', 'b'].map((server) => ({ server, alive: true, rttMs: 20, loss: 0 }));
  return { site: 'home', instance: 'one', version: '0.1.0', seq: Date.now(), applied: 0, paths, ...more };
}

/** A fleet with a router that has applied its first directive. */
async function running(): Promise<string> {
  await put();
  const t = Date.now();
  const votes = Object.fromEntries(['a', 'b'].map((id) => [id, { vote: 'up' as const, t, why: 'answered', latencyMs: 5 }]));
  await fleetOf(env).votes({ vantage: 'v1', revision: 1_000_000, t, colo: 'TST', sighted: true, votes, suspects: [] });
  const { token } = await newToken('/sites/home');
  let answer = new Response();
  await until(async () => {
    answer = await send('POST', '/agent/v1/poll?hold_ms=0', { token, json: report() });
    return answer.status === 200;
  });
  expect(await directiveIn(answer)).toMatchObject({ epoch: 1, active: 'a' });
  return token;
}

beforeEach(() => {
  vi.spyOn(Vantage.prototype, 'assume').mockResolvedValue();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

describe('the administrator', () => {
  it('is whoever has the token; without it every path is 401 with a challenge', async () => {
    const paths = ['/fleet', '/fleet/versions', '/sites/home/tokens', '/no/such/path', '/', ''];
    for (const path of paths) {
      for (const token of [undefined, 'wrong', `${ADMIN}x`, `fws_home_${'A'.repeat(43)}`]) {
        const answer = await send('GET', `/admin/v1${path}`, token === undefined ? {} : { token });
        expect(answer.status, `${path} with ${token}`).toBe(401);
        expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      }
    }
    expect((await admin('GET', '/no/such/path')).status).toBe(404);
  });

  it('is told how to set a token where there is none', async () => {
    const { default: worker } = await import('../../worker/index.ts');
    const request = new Request('https://edge.test/admin/v1/fleet', { headers: { authorization: 'Bearer ' } });
    const { ADMIN_TOKEN: _, ...bare } = env;
    const answer = await worker.fetch(request, bare, createExecutionContext());
    expect(answer.status).toBe(503);
    expect((await answer.json<{ detail: string }>()).detail).toContain('wrangler secret put ADMIN_TOKEN');
  });

  it('does not open the routes of agents and servers', async () => {
    await put();
    expect((await send('POST', '/agent/v1/poll', { token: ADMIN, json: report() })).status).toBe(401);
    expect((await send('POST', '/server/v1/resign', { token: ADMIN, json: {} })).status).toBe(401);
  });
});

describe('an address that sends many wrong tokens', () => {
  const headers = { 'cf-connecting-ip': '203.0.113.77' };

  it('is told to wait, while a valid token is never refused, nor anybody else', async () => {
    const agent = await running();
    const wrong = () => send('GET', '/admin/v1/fleet', { token: 'wrong', headers });
    await until(async () => (await wrong()).status === 429);
    const answer = await wrong();
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    for (const token of [mintToken('fws', 'home'), ADMIN])
      expect((await send('GET', '/agent/v1/echo', { token, headers })).status).toBe(429);
    expect((await send('POST', '/server/v1/resign', { token: 'wrong', headers })).status).toBe(429);
    expect((await send('GET', '/admin/v1/fleet', { token: ADMIN, headers })).status).toBe(200);
    expect((await send('GET', '/agent/v1/echo', { token: agent, headers })).status).toBe(200);
    expect((await send('POST', '/agent/v1/poll?hold_ms=0', { token: agent, json: report({ applied: 1 }), headers })).status).toBe(204);
    expect((await send('GET', '/admin/v1/fleet', { headers })).status).toBe(401);
    expect((await send('GET', '/admin/v1/fleet', { token: 'wrong', headers: { 'cf-connecting-ip': '203.0.113.78' } })).status).toBe(401);
  });
});

describe('the fleet file', () => {
  it('is not there at first', async () => {
    expect((await admin('GET', '/fleet')).status).toBe(404);
    expect(await (await admin('GET', '/fleet/versions')).json()).toEqual({ versions: [] });
  });

  it('and all that a token opens is kept by no cache', async () => {
    await put();
    for (const path of ['/fleet/versions', '/sites/home/tokens', '/servers/a/tokens'])
      expect((await admin('GET', path)).headers.get('cache-control'), path).toBe('no-store');
    expect((await admin('GET', '/fleet')).headers.get('cache-control')).toBe('private, no-cache');
  });

  it('comes as JSON or TOML, and goes as what Accept prefers', async () => {
    await put();
    const json = await admin('GET', '/fleet');
    expect(json.headers.get('etag')).toBe('"1"');
    expect(await json.json()).toMatchObject({ fleet: { name: 'test' } });
    for (const type of ['application/toml', 'text/toml; charset=utf-8']) {
      expect((await send('PUT', '/admin/v1/fleet', { token: ADMIN, body: TOML, type })).status).toBe(200);
    }
    const toml = await admin('GET', '/fleet', undefined, { accept: 'application/json;q=0.5, application/toml' });
    expect(toml.headers.get('content-type')).toContain('application/toml');
    expect(await toml.text()).toContain('name = "from TOML"');
    for (const accept of ['*/*', 'application/json, text/toml;q=0.9', 'text/toml;q=0'])
      expect((await admin('GET', '/fleet', undefined, { accept })).headers.get('content-type')).toContain('application/json');
    const etag = toml.headers.get('etag') ?? '';
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`])
      expect((await admin('GET', '/fleet', undefined, { 'if-none-match': tag })).status, tag).toBe(304);
  });

  it('with five errors is refused with all five, and nothing changes', async () => {
    await put();
    const wrong = {
      ...FLEET,
      fleet: { name: 'test', colour: 'red' },
      server: [
        { id: 'A!', address: '198.51.100.1', check: [{ kind: 'tcp', port: 443 }] },
        { id: 'b', address: '198.51.100.2', priority: 300, check: [{ kind: 'tcp', port: 70_000 }] },
      ],
      site: [{ id: 'home', servers: ['b', 'nobody'] }],
    };
    const answer = await admin('PUT', '/fleet', wrong);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const { errors } = await answer.json<{ errors: { path: string; message: string }[] }>();
    expect(errors.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/server/0/id', '/server/1/priority', '/server/1/check/0/port', '/site/0/servers/1']),
    );
    expect(errors.length).toBeGreaterThanOrEqual(5);
    expect((await admin('GET', '/fleet')).headers.get('etag')).toBe('"1"');
  });

  it('of another type is 415, over 64 KiB 413, not parseable 422', async () => {
    const request = (body: string, type?: string) =>
      send('PUT', '/admin/v1/fleet', { token: ADMIN, body, ...(type === undefined ? {} : { type }) });
    expect((await request('a=1', 'text/plain')).status).toBe(415);
    expect((await request(`#${'x'.repeat(65_536)}`, 'application/toml')).status).toBe(413);
    for (const [body, type] of [
      ['a = ', 'application/toml'],
      ['{', 'application/json'],
      ['', 'application/json'],
      ['[]', 'application/json'],
    ])
      expect((await request(body ?? '', type)).status, body).toBe(422);
  });

  it('is tried without being changed, changed only when it is what was read, and rolled back', async () => {
    expect(await (await put()).json()).toMatchObject({ version: 1 });
    const renamed = { ...FLEET, fleet: { name: 'renamed' } };
    const dry = await admin('PUT', '/fleet?dry_run=1', renamed);
    expect(await dry.json()).toMatchObject({ version: 2, diff: [{ path: '/fleet/name', from: 'test', to: 'renamed' }] });
    expect((await admin('GET', '/fleet')).headers.get('etag')).toBe('"1"');
    expect((await admin('PUT', '/fleet', renamed, { 'if-match': '"7"' })).status).toBe(412);
    const changed = await admin('PUT', '/fleet', renamed, { 'if-match': '"1"' });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe('"2"');
    expect(dry.headers.get('etag')).toBeNull();
    expect((await admin('POST', '/fleet/rollback', { version: 9 })).status).toBe(404);
    expect((await admin('POST', '/fleet/rollback', {})).status).toBe(422);
    expect(await (await admin('POST', '/fleet/rollback', { version: 1 })).json()).toMatchObject({ version: 3 });
    const { versions } = await (await admin('GET', '/fleet/versions')).json<{ versions: { version: number }[] }>();
    expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
  });
});

describe('a site', () => {
  it('has its router moved by a pin, and back by its end', async () => {
    const token = await running();
    const held = send('POST', '/agent/v1/poll?hold_ms=20000', { token, json: report({ applied: 1 }) });
    expect((await admin('POST', '/sites/home/pin', { server: 'b', until: Date.now() + 60_000 })).status).toBe(204);
    const directive = await directiveIn(await held);
    expect(directive).toMatchObject({ active: 'b', blame: 'pin' });
    await until(async () => {
      const status = await (await send('GET', '/api/v1/status')).json<Status>();
      return status.sites[0]?.pin?.server === 'b' && status.timeline.some(({ kind }) => kind === 'pin');
    });
    expect((await admin('POST', '/sites/home/unpin', {})).status).toBe(204);
    expect((await admin('POST', '/sites/home/unpin')).status).toBe(204);
  });

  it('refuses what is wrong with a control, each with its status', async () => {
    await put();
    const past = new Date(Date.now() - 1000).toISOString();
    expect((await admin('POST', '/sites/home/pin', { server: 'b', until: past })).status).toBe(422);
    expect((await admin('POST', '/sites/home/pin', { server: 'b', until: 'tomorrow' })).status).toBe(422);
    expect((await admin('POST', '/sites/home/pin', { server: 'b', colour: 'red' })).status).toBe(422);
    await until(async () => (await admin('POST', '/sites/home/pin', { server: 'nobody' })).status === 422);
    expect((await admin('POST', '/sites/nowhere/pin', { server: 'b' })).status).toBe(404);
    expect((await admin('POST', '/sites/home/drill', {})).status).toBe(409);
    expect((await admin('POST', '/sites/home/unpin', { server: 'b' })).status).toBe(422);
  });

  it('takes times with a zone', async () => {
    await running();
    const until = `${new Date(Date.now() + 7_260_000).toISOString().slice(0, 19)}+02:00`;
    expect((await admin('POST', '/sites/home/pin', { server: 'b', until: until.replace('+02:00', '+00:00') })).status).toBe(204);
    expect(
      (await admin('POST', '/sites/home/pin', { server: 'b', until: new Date(Date.now() + 60_000).toISOString().toLowerCase() })).status,
    ).toBe(204);
    expect((await admin('POST', '/sites/home/pin', { server: 'b', until })).status).toBe(204);
  });
});

describe('tokens', () => {
  it('are shown once, listed without the secret, and revoked', async () => {
    await put();
    for (const path of ['/sites/home', '/servers/a']) {
      const { id, token } = await newToken(path);
      const listed = await (await admin('GET', `${path}/tokens`)).text();
      expect(listed).not.toContain(token.slice(-43));
      expect(JSON.parse(listed)).toMatchObject({ tokens: [{ id, lastUsedAt: null }] });
      await newToken(path);
      expect((await admin('POST', `${path}/tokens`)).status).toBe(409);
      expect((await admin('DELETE', `${path}/tokens/${id}`)).status).toBe(204);
      expect((await admin('DELETE', `${path}/tokens/${id}`)).status).toBe(404);
    }
    expect((await admin('POST', '/sites/nowhere/tokens')).status).toBe(404);
    expect((await admin('POST', '/servers/nobody/tokens')).status).toBe(404);
  });
});

describe('a server', () => {
  it('goes into maintenance until a time to come, and out of it', async () => {
    await put();
    const health = async () => (await (await send('GET', '/api/v1/status')).json<Status>()).servers[0]?.health;
    expect((await admin('POST', '/servers/a/maintenance', {})).status).toBe(422);
    expect((await admin('POST', '/servers/a/maintenance', { until: Date.now() - 1 })).status).toBe(422);
    expect((await admin('POST', '/servers/a/maintenance', { from: Date.now() + 9000, until: Date.now() + 5000 })).status).toBe(422);
    expect((await admin('POST', '/servers/nobody/maintenance', { until: Date.now() + 5000 })).status).toBe(404);
    expect((await admin('POST', '/servers/a/maintenance', { until: Date.now() + 60_000 })).status).toBe(204);
    expect(await health()).toBe('maintenance');
    expect((await admin('DELETE', '/servers/a/maintenance')).status).toBe(204);
    expect(await health()).not.toBe('maintenance');
  });

  it('resigns with its own token, and its routers leave it at once', async () => {
    const agent = await running();
    const { token } = await newToken('/servers/a');
    const held = send('POST', '/agent/v1/poll?hold_ms=20000', { token: agent, json: report({ applied: 1 }) });
    expect((await send('POST', '/server/v1/resign', { token: agent, json: {} })).status).toBe(401);
    expect((await send('POST', '/server/v1/resign', { token, json: { server: 'b' } })).status).toBe(422);
    expect((await send('POST', '/server/v1/resign', { token })).status).toBe(204);
    expect(await directiveIn(await held)).toMatchObject({ active: 'b', blame: 'resigned' });
  });
});

describe('a path that no route has', () => {
  it('is problem+json for programs and a page for people', async () => {
    for (const path of ['/agent/v1/nothing', '/server/v1/nothing', '/api/v1/nothing']) {
      const answer = await send('GET', path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
    expect((await send('GET', '/nothing')).headers.get('content-type')).toContain('text/html');
  });
});

describe('news that the Fleet has already taken', () => {
  it('are one entry and one incident, however often they are told', async () => {
    await running();
    const entry = { id: 'site/home/epoch-9', at: new Date().toISOString(), kind: 'switch' as const, why: 'a moved', site: 'home' };
    const incident = { id: 'site/home/epoch-9', site: 'home', startedAt: entry.at, endedAt: null, why: 'a moved' };
    const { sites } = await fleetOf(env).status();
    const status = sites[0];
    if (status === undefined) throw new Error('the site is not in the status');
    for (const revision of [Date.now() + 1000, Date.now() + 2000])
      await fleetOf(env).news({ site: 'home', revision, status, entries: [entry], incidents: [incident] });
    const after = await fleetOf(env).status();
    expect(after.timeline.filter(({ id }) => id === entry.id)).toHaveLength(1);
    expect(after.incidents.filter(({ id }) => id === incident.id)).toHaveLength(1);
  });
});
