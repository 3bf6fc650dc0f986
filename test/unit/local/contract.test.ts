import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Ask, StrangersEdge } from './stranger.ts';

/*
 * The edge's HTTP as its users were promised it, a sentence a test, asked by a stranger: over the wire, of an edge started by `serve`. The tests of
 * a part lean on each other in their order; the restarts come last.
 */

let edge: StrangersEdge;
const ask = (path: string, more?: Ask) => edge.ask(path, more);

beforeAll(async () => {
  edge = await StrangersEdge.start();
  await edge.until('/api/v1/status', (answer) => answer.json<Picture>().servers.every(({ health }) => health === 'up'));
}, 60_000);
afterAll(() => edge.dispose());

interface Picture {
  at: string;
  servers: { health: string }[];
}

interface Directive {
  epoch: number;
  active: string;
}

function isProblem(answer: Answer, status: number): void {
  expect(answer.headers.get('content-type'), answer.text).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ status, title: expect.any(String) });
  expect(answer.status).toBe(status);
}

describe('what anyone may read', () => {
  const JSONS = ['/api/v1/status', '/api/v1/servers/a', '/api/v1/sites/home', '/api/v1/incidents', '/api/v1/timeline'];
  const STATUSPAGE = ['summary', 'status', 'components', 'incidents', 'incidents/unresolved'].map((name) => `/api/v2/${name}.json`);
  const MAINTENANCES = ['', '/upcoming', '/active'].map((name) => `/api/v2/scheduled-maintenances${name}.json`);
  const OTHERS = ['/', '/metrics', '/feed.atom', '/badge/server/a.svg', '/badge/site/home.json', '/health', '/openapi.json'];

  test.each([...JSONS, ...STATUSPAGE, ...MAINTENANCES, ...OTHERS])(
    '%s: any origin, no cookie, nosniff, HEAD without body, 405',
    async (path) => {
      const answer = await ask(path, { headers: { origin: 'https://elsewhere.test' } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBeTruthy();
      const head = await ask(path, { method: 'HEAD' });
      expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', answer.headers.get('content-type')]);
      const posted = await ask(path, { method: 'POST' });
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, expect.stringContaining('GET')]);
    },
  );

  test('an ETag holds over many rounds in which nothing happened, though `at` moves', async () => {
    const paths = [...JSONS, ...STATUSPAGE, '/feed.atom', '/health'];
    const before = await Promise.all(paths.map((path) => ask(path)));
    const at = before[0]?.json<Picture>().at ?? '';
    await edge.until('/api/v1/status', (answer) => Date.parse(answer.json<Picture>().at) > Date.parse(at) + 2500);
    for (const [index, path] of paths.entries()) {
      const etag = before[index]?.headers.get('etag') ?? '';
      expect((await ask(path, { headers: { 'if-none-match': etag } })).status, path).toBe(304);
    }
  });

  test('status carries the promised fields of servers, sites, incidents and the timeline', async () => {
    const status = (await ask('/api/v1/status')).json<Record<string, object[]>>();
    for (const server of status.servers ?? [])
      expect(Object.keys(server)).toEqual(expect.arrayContaining(['id', 'name', 'health', 'since', 'why']));
    const fields = ['id', 'active', 'weights', 'epoch', 'applied', 'pin', 'why', 'agent'];
    for (const site of status.sites ?? []) expect(Object.keys(site)).toEqual(expect.arrayContaining(fields));
    for (const entry of status.timeline ?? []) expect(Object.keys(entry)).toEqual(expect.arrayContaining(['at', 'kind', 'why']));
    expect(status.timeline?.length).toBeGreaterThan(0);
    expect(status.incidents).toEqual([]);
  });

  test("a component's name at Statuspage is the server's", async () => {
    const { components } = (await ask('/api/v2/components.json')).json<{ components: object[] }>();
    expect(components).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'Alpha <b>', status: 'operational' })]));
  });

  test('metrics are OpenMetrics or Prometheus by Accept, with probe_* by target, region and check', async () => {
    const [plain, open] = [
      await ask('/metrics'),
      await ask('/metrics', { headers: { accept: 'application/openmetrics-text; version=1.0.0' } }),
    ];
    expect(plain.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(plain.text).not.toContain('# EOF');
    expect(plain.text).toMatch(/^probe_success\{target="a",region="weur",check="0"\} 1$/m);
    expect(open.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0; charset=utf-8/);
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    expect(plain.headers.get('vary')).toMatch(/accept/i);
  });

  test('the page speaks English or Chinese by Accept-Language, with Vary, a strict policy, and at most 30 KB', async () => {
    const [english, chinese] = [await ask('/'), await ask('/', { headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' } })];
    expect(english.text).toContain('<html lang="en"');
    expect(chinese.text).toMatch(/<html lang="zh/);
    expect(english.headers.get('vary')).toMatch(/accept-language/i);
    expect(english.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(english.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(english.text).toContain('Alpha &lt;b&gt;');
    expect(gzipSync(english.text).length).toBeLessThanOrEqual(30 * 1024);
  });

  test('what is not there is a problem for programs, a page for people, and 401 under /admin/v1 without a token', async () => {
    for (const path of [
      '/api/v1/nothing',
      '/api/v1/servers/nobody',
      '/api/v1/servers/constructor',
      '/api/v1/servers/toString',
      '/badge/server/nobody.svg',
      '/agent/v1/no',
      '/server/v1/no',
    ])
      isProblem(await ask(path), 404);
    for (const path of ['/nothing', '/admin/nothing', '/apiary']) {
      const page = await ask(path);
      expect([page.status, page.headers.get('content-type')]).toEqual([404, expect.stringContaining('text/html')]);
    }
    const refused = await ask('/admin/v1/nothing');
    isProblem(refused, 401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
    isProblem(await edge.control('/nothing'), 404);
  });
});

describe('an agent', () => {
  let token = '';
  let epoch = 0;
  let seq = 0;
  const report = (more: object = {}) => {
    const paths = ['a', 'b'].map((server) => ({ server, wan: 'wan1', alive: true, rttMs: 20, loss: 0 }));
    return { site: 'home', instance: 'one', version: '1', seq: ++seq, applied: epoch, paths, ...more };
  };
  const poll = (more: object = {}, holdMs = 0, as = token) =>
    ask(`/agent/v1/poll?hold_ms=${holdMs}`, { method: 'POST', token: as, json: report(more) });
  /** A poll that is held by now. */
  const held = async (as = token) => {
    const answer = poll({}, 10_000, as);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { answer };
  };

  test('gets a token once, by 201; a third valid one is 409; the list has no secret', async () => {
    const first = await edge.control('/sites/home/tokens', {});
    expect(first.status).toBe(201);
    token = first.json<{ token: string }>().token;
    await edge.newToken('/sites/home');
    isProblem(await edge.control('/sites/home/tokens', {}), 409);
    const list = await edge.control('/sites/home/tokens');
    expect(list.json<{ tokens: object[] }>().tokens).toHaveLength(2);
    expect(list.text).not.toContain(token);
  });

  test('polls: the report goes in, the directive comes out', async () => {
    const directive = (await poll()).json<Directive>();
    const fields = { epoch: 1, basis: expect.any(Number), leaseMs: 180_000, mode: 'drain', active: 'a', weights: { a: 100, b: 0 } };
    expect(directive).toMatchObject({ ...fields, why: expect.any(String) });
    epoch = directive.epoch;
  });

  test('is answered 204 after the hold when nothing changed', async () => {
    const answer = await poll({}, 400);
    expect(answer.status).toBe(204);
    expect(answer.ms).toBeGreaterThan(390);
  });

  test('whose newer poll comes has the older ended at once, with 204', async () => {
    const older = await held();
    await poll();
    const { status, ms } = await older.answer;
    expect(status).toBe(204);
    expect(ms).toBeLessThan(2000);
  });

  test('hears of a changed directive within a second, with the last report known as basis', async () => {
    const { answer } = await held();
    const begun = performance.now();
    expect((await edge.control('/sites/home/pin', { server: 'b' })).status).toBe(204);
    expect((await answer).json()).toMatchObject({ active: 'b', mode: 'drain', basis: seq });
    expect(performance.now() - begun).toBeLessThan(1000);
    epoch = (await answer).json<Directive>().epoch;
  });

  test('that has applied more than was issued makes the edge jump above it', async () => {
    const directive = (await poll({ applied: 500 })).json<Directive>();
    expect(directive.epoch).toBeGreaterThan(500);
    epoch = directive.epoch;
  });

  test('of another site is 403, an empty or shapeless report 422, one over 64 KiB 413', async () => {
    isProblem(await poll({ site: 'lab' }), 403);
    const send = (body: string) => ask('/agent/v1/poll', { method: 'POST', token, body, type: 'application/json' });
    for (const body of ['', '{}', '[]', 'null', '{"site":"home"}']) isProblem(await send(body), 422);
    isProblem(await send(`"${'x'.repeat(65_536)}"`), 413);
  });

  test('of a site that nobody set up is told so, and leaves no file behind', async () => {
    const files = () => readdirSync(join(edge.directory, 'state'), { recursive: true }).filter((file) => /\.sqlite$/.test(String(file)));
    const before = files();
    expect(before.length).toBeGreaterThan(0);
    const stranger = { token: `fws_nobody_${'A'.repeat(43)}` };
    isProblem(await ask('/agent/v1/poll', { method: 'POST', json: report({ site: 'nobody' }), ...stranger }), 404);
    isProblem(await ask('/agent/v1/echo', stranger), 401);
    expect(files()).toEqual(before);
  });

  test('is told the address that the edge sees, and nobody keeps that', async () => {
    const answer = await ask('/agent/v1/echo', { token });
    expect(answer.json()).toEqual({ address: '127.0.0.1' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('and the administrator do not open each other’s routes', async () => {
    isProblem(await ask('/agent/v1/echo', { token: edge.admin }), 401);
    isProblem(await ask('/server/v1/resign', { method: 'POST', token: edge.admin, json: {} }), 401);
    isProblem(await ask('/server/v1/resign', { method: 'POST', token, json: {} }), 401);
    isProblem(await ask('/admin/v1/fleet', { token }), 401);
  });

  test('whose token is revoked (204) is let go at once, also from a held poll', async () => {
    const { tokens } = (await edge.control('/sites/home/tokens')).json<{ tokens: { id: string; lastUsedAt: string | null }[] }>();
    const used = tokens.find(({ lastUsedAt }) => lastUsedAt !== null)?.id;
    const { answer } = await held();
    expect((await edge.control(`/sites/home/tokens/${used}`, undefined, { method: 'DELETE' })).status).toBe(204);
    const { status, ms } = await answer;
    expect(status).not.toBe(200);
    expect(ms).toBeLessThan(3000);
    isProblem(await ask('/agent/v1/echo', { token }), 401);
  });

  test('that another instance replaced is fenced with 409', async () => {
    ({ token } = await edge.newToken('/sites/home'));
    await poll({ instance: 'two' });
    isProblem(await poll({ instance: 'one' }), 409);
  });
});

describe('controls', () => {
  test('take RFC 3339 and epoch milliseconds; a past `until` is 422', async () => {
    const at = Date.now() + 60_000;
    for (const until of [at, new Date(at).toISOString(), `${new Date(at + 7_200_000).toISOString().slice(0, 19)}+02:00`])
      expect((await edge.control('/sites/lab/pin', { server: 'b', until })).status).toBe(204);
    for (const until of [1000, '2020-01-01T00:00:00Z', 'tomorrow'])
      isProblem(await edge.control('/sites/lab/pin', { server: 'b', until }), 422);
    isProblem(await edge.control('/servers/a/maintenance', { until: Date.now() - 1 }), 422);
    expect((await edge.control('/sites/lab/unpin', {})).status).toBe(204);
  });

  test('refuse a drill without an agent with 409 and the reason', async () => {
    const answer = await edge.control('/sites/lab/drill', {});
    isProblem(answer, 409);
    expect(answer.json()).toMatchObject({ detail: expect.stringContaining('drill refused') });
  });

  test('put a server in maintenance, which Statuspage shows, and take it out', async () => {
    await edge.control('/servers/b/maintenance', { until: Date.now() + 60_000 });
    expect((await ask('/api/v1/servers/b')).json()).toMatchObject({ health: 'maintenance' });
    const active = await ask('/api/v2/scheduled-maintenances/active.json');
    expect(active.json<{ scheduled_maintenances: object[] }>().scheduled_maintenances).toHaveLength(1);
    expect((await edge.control('/servers/b/maintenance', undefined, { method: 'DELETE' })).status).toBe(204);
    expect((await ask('/api/v1/servers/b')).json()).not.toMatchObject({ health: 'maintenance' });
  });
});

describe('the fleet', () => {
  const FLEET = '/fleet';
  const put = (body: string, type: string, headers: Record<string, string> = {}) =>
    edge.control(FLEET, undefined, { method: 'PUT', body, type, headers });

  test('is JSON, or TOML by Accept, with an ETag; what came goes back as it was', async () => {
    const [json, toml] = [await edge.control(FLEET), await edge.control(FLEET, undefined, { headers: { accept: 'application/toml' } })];
    expect(json.headers.get('etag')).toBeTruthy();
    expect(toml.headers.get('content-type')).toContain('toml');
    for (const answer of [await put(json.text, 'application/json'), await put(toml.text, 'application/toml')])
      expect(answer.json()).toEqual({ version: 1, diff: [], warnings: [] });
  });

  test('is tried by dry_run, changed with If-Match, refused when stale (412), listed and rolled back', async () => {
    const before = await edge.control(FLEET);
    const changed = before.text.replace('A stranger', 'Renamed');
    const fresh = { 'if-match': before.headers.get('etag') ?? '' };
    expect(
      (await edge.control(`${FLEET}?dry_run=1`, undefined, { method: 'PUT', body: changed, type: 'application/json' })).json(),
    ).toMatchObject({ version: 2 });
    expect((await edge.control(FLEET)).headers.get('etag')).toBe(fresh['if-match']);
    const answer = await put(changed, 'application/json', fresh);
    expect(answer.json()).toMatchObject({ version: 2, diff: [{ path: '/fleet/name' }] });
    expect(answer.headers.get('etag')).toBe((await edge.control(FLEET)).headers.get('etag'));
    isProblem(await put(before.text, 'application/json', fresh), 412);
    expect((await edge.control('/fleet/rollback', { version: 1 })).json()).toMatchObject({ version: 3 });
    expect((await edge.control('/fleet/versions')).json<{ versions: object[] }>().versions).toHaveLength(3);
  });

  test('of another type is 415, over 64 KiB 413, and with errors 422 with all of them at once, by JSON Pointer', async () => {
    isProblem(await put('x', 'text/plain'), 415);
    isProblem(await put(`#${'x'.repeat(65_536)}`, 'application/toml'), 413);
    const wrong = {
      fleet: { name: 'x', colour: 1 },
      server: [{ id: 'A B', address: 'x', preset: 'omr' }],
      site: [{ id: 'home', servers: ['ghost'] }],
    };
    const answer = await put(JSON.stringify(wrong), 'application/json');
    isProblem(answer, 422);
    const paths = answer.json<{ errors: { path: string }[] }>().errors.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/fleet/colour', '/server/0/id', '/site/0/servers/0']));
  });

  test("over its plan's budget is 422 with the numbers", async () => {
    const answer = await put((await edge.control(FLEET)).text.replace('"paid"', '"free"'), 'application/json');
    isProblem(answer, 422);
    expect(answer.text).toMatch(/[\d,]+ a day, and the free plan has [\d,]+/);
  });
});

describe('what was acknowledged', () => {
  const known = async () => {
    const { pin, epoch } = (await ask('/api/v1/sites/home')).json<{ pin: object; epoch: number }>();
    const tokens = (await edge.control('/sites/home/tokens')).text;
    const versions = (await edge.control('/fleet/versions')).text;
    return { pin, epoch, tokens, versions };
  };

  test('lasts over kill -9 and over SIGTERM, which ends with 0; the token file is 0600', async () => {
    expect(statSync(edge.tokenFile).mode & 0o777).toBe(0o600);
    await edge.control('/sites/home/pin', { server: 'b', until: Date.now() + 3_600_000 });
    const before = await known();
    await edge.end('SIGKILL');
    await edge.open();
    expect(await known()).toEqual(before);
    expect(await edge.end('SIGTERM')).toBe(0);
  }, 60_000);

  test('is followed by the file that `--fleet` names: where it differs it is the next version, and serve says so', async () => {
    writeFileSync(edge.fleetFile, readFileSync(edge.fleetFile, 'utf8').replace('A stranger', 'From the file'));
    expect(await edge.open(['--fleet', edge.fleetFile])).toContain('it is version 4 now');
    expect((await ask('/api/v1/status')).json()).toMatchObject({ fleet: { name: 'From the file', version: 4 } });
  }, 60_000);
});

test('after many wrong tokens an address has to wait (429, Retry-After), and a valid one is never refused', async () => {
  const wrong = await Promise.all(Array.from({ length: 60 }, (_, index) => ask('/admin/v1/fleet', { token: `wrong${index}` })));
  const late = wrong.filter(({ status }) => status === 429);
  expect(late.length).toBeGreaterThan(0);
  for (const { headers } of late) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await edge.control('/fleet')).status).toBe(200);
});
