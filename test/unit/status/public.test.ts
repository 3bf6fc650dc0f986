import { afterEach, describe, expect, it, vi } from 'vitest';
import { problem } from '../../../worker/http/problem.ts';
import { publicRoutes } from '../../../worker/http/public.ts';
import { serving } from '../../../worker/http/serving.ts';
import type { Status } from '../../../worker/protocol/status.ts';
import { publicDeps } from './public-deps.ts';
import { entries, sampleStatus } from './sample.ts';

/** The routes over a picture that the test may replace. */
function serve(status: () => Status = sampleStatus) {
  const answer = serving(publicRoutes(publicDeps(status)));
  return (path: string, init?: RequestInit) => answer(new Request(`http://edge.test${path}`, init), {}, { waitUntil: () => undefined });
}

const READS = [
  '/',
  '/page.css',
  '/page.js',
  '/health',
  '/api/v1/status',
  '/api/v1/servers/frankfurt',
  '/api/v1/sites/home',
  '/api/v1/incidents',
  '/api/v1/timeline',
  '/api/v2/summary.json',
  '/api/v2/status.json',
  '/api/v2/components.json',
  '/api/v2/incidents.json',
  '/api/v2/incidents/unresolved.json',
  '/api/v2/scheduled-maintenances.json',
  '/api/v2/scheduled-maintenances/upcoming.json',
  '/api/v2/scheduled-maintenances/active.json',
  '/metrics',
  '/feed.atom',
  '/badge/server/frankfurt.svg',
  '/badge/server/frankfurt.json',
  '/badge/site/home.svg',
  '/badge/site/home.json',
  '/openapi.json',
];

/** One more round of looking and polling, that found everything as it was. */
function takeReadings(status: Status): void {
  const at = '2026-11-23T23:59:59.000Z';
  for (const vote of status.servers.flatMap(({ votes }) => votes)) Object.assign(vote, { at, latencyMs: 123, why: 'refused, 9 in a row' });
  for (const path of status.sites.flatMap(({ paths }) => paths)) Object.assign(path, { rttMs: 321, loss: 0.01 });
  for (const vantage of status.vantages) Object.assign(vantage, { at, hung: 3 });
}

function turnEverything(status: Status): void {
  for (const vote of status.servers.flatMap(({ votes }) => votes)) vote.vote = vote.vote === 'up' ? 'down' : 'up';
  for (const path of status.sites.flatMap(({ paths }) => paths)) path.alive = !path.alive;
  for (const vantage of status.vantages) vantage.sighted = !vantage.sighted;
}

afterEach(() => vi.restoreAllMocks());

describe('each public path', () => {
  it.each(READS)('%s answers with its security headers, and no cookie', async (path) => {
    const answer = await serve()(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it.each(READS)('%s is 304 for who has it, whenever it was read', async (path) => {
    const get = serve();
    const etag = (await get(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]{24}"$/);
    const later = serve(() => sampleStatus((status) => Object.assign(status, { at: '2027-01-01T00:00:00Z' })));
    for (const tag of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const answer = await later(path, { headers: { 'if-none-match': tag } });
      expect(answer.status).toBe(304);
      expect(await answer.text()).toBe('');
      expect(answer.headers.get('etag')).toBe(etag);
    }
    expect((await later(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it.each(READS)('%s answers HEAD as GET, without a body', async (path) => {
    const [head, get] = [await serve()(path, { method: 'HEAD' }), await serve()(path)];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    expect([...head.headers].sort()).toEqual([...get.headers].sort());
  });

  it.each(READS)('%s answers OPTIONS for scripts of other sites', async (path) => {
    const answer = await serve()(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://other.example', 'access-control-request-method': 'GET' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
    expect(answer.headers.get('access-control-allow-headers')).toBe('If-None-Match');
  });

  it.each(READS.flatMap((path) => ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, path] as const)))(
    '%s %s is 405 and says what is allowed',
    async (method, path) => {
      const answer = await serve()(path, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
      if (!/^\/(api|badge)/.test(path)) return expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer.json()).toMatchObject({ status: 405, title: 'Method not allowed' });
    },
  );
});

describe('JSON', () => {
  it('gives the whole picture, or a part of it', async () => {
    const status = sampleStatus((draft) => {
      draft.timeline = entries(2);
      draft.incidents = [{ id: '1', server: 'frankfurt', startedAt: '2026-11-23T21:00:00Z', endedAt: null, why: 'x' }];
    });
    const get = async (path: string) => (await serve(() => status)(path)).json();
    expect(await get('/api/v1/status')).toEqual(status);
    expect(await get('/api/v1/servers/ashburn')).toMatchObject({ ...status.servers[1], uptime: {}, latency: {}, days: [] });
    expect(await get('/api/v1/sites/home')).toEqual(status.sites[0]);
    expect(await get('/api/v1/incidents')).toEqual({ at: status.at, incidents: status.incidents });
    expect(await get('/api/v1/timeline')).toEqual({ at: status.at, timeline: status.timeline });
  });

  it('has an ETag for each content', async () => {
    const tag = async (path: string, status?: () => Status) => (await serve(status)(path)).headers.get('etag');
    const changed = () => sampleStatus((status) => Object.assign(status.servers[0] ?? {}, { health: 'down' }));
    expect(await tag('/api/v1/status', changed)).not.toBe(await tag('/api/v1/status'));
    expect(await tag('/', changed)).not.toBe(await tag('/'));
    expect(await tag('/api/v1/servers/ashburn', changed)).toBe(await tag('/api/v1/servers/ashburn'));
  });

  it.each(['/api/v1/status', '/api/v1/servers/frankfurt', '/api/v1/sites/home', '/health'])(
    '%s has the same ETag after a round in which nothing happened, and another after one that changed a vote or a path',
    async (path) => {
      const tag = async (status: () => Status) => (await serve(status)(path)).headers.get('etag');
      const before = await tag(sampleStatus);
      expect(await tag(() => sampleStatus(takeReadings))).toBe(before);
      expect(await tag(() => sampleStatus(turnEverything))).not.toBe(before);
    },
  );

  it.each([
    '/api/v1/servers/nobody',
    '/api/v1/sites/nobody',
    '/api/v1/servers/constructor',
    '/api/v1/nothing',
    '/api/v1',
    '/api',
    '/badge/server/nobody.svg',
    '/badge/site/frankfurt.json',
    '/badge/server/frankfurt.png',
  ])('%s is a 404 problem', async (path) => {
    const answer = await serve()(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ type: 'about:blank', title: 'Not found', status: 404 });
  });
});

describe('the page', () => {
  it.each([
    ['en', 'All servers are up'],
    ['zh-CN,zh;q=0.9,en;q=0.5', '所有服务器运行正常'],
  ])('is in the language of %s, and says that it varies', async (language, text) => {
    const answer = await serve()('/', { headers: { 'accept-language': language } });
    expect(answer.headers.get('vary')).toBe('Accept-Language');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toContain(text);
  });

  it('has another ETag in another language', async () => {
    const tag = async (language: string) => (await serve()('/', { headers: { 'accept-language': language } })).headers.get('etag');
    expect(await tag('zh')).not.toBe(await tag('en'));
  });

  it.each(['/nothing', '/apiary', '/page.css/x'])('%s is a page that says so', async (path) => {
    const answer = await serve()(path, { headers: { 'accept-language': 'zh' } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('vary')).toBe('Accept-Language');
    expect(await answer.text()).toContain('页面不存在');
  });
});

describe('health+json', () => {
  it('passes while servers are down: that is what it watches for', async () => {
    const answer = await serve(() => sampleStatus((status) => Object.assign(status.servers[0] ?? {}, { health: 'down' })))('/health');
    expect(answer.headers.get('content-type')).toBe('application/health+json');
    expect(await answer.json()).toMatchObject({ status: 'pass', checks: { 'europe:sighted': [{ status: 'pass', observedValue: true }] } });
  });

  it('warns when a vantage is blind', async () => {
    const answer = await serve(() => sampleStatus((status) => Object.assign(status.vantages[0] ?? {}, { sighted: false })))('/health');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'warn' });
  });
});

describe('a picture that cannot be had', () => {
  const broken = serve(() => {
    throw new Error('the object is gone: secret detail');
  });

  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/api/v1/status', 'application/problem+json'],
    ['/health', 'application/health+json'],
  ])('%s is 503, keeps the reason to itself, and is not cached', async (path, type) => {
    const log = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const answer = await broken(path);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).not.toContain('secret detail');
    expect(log).toHaveBeenCalledOnce();
  });
});

describe('problem', () => {
  it('is RFC 9457, whose members win over extra ones', async () => {
    const answer = problem(422, 'Unprocessable content', 'two errors', { errors: [1, 2], status: 200 }, { 'retry-after': '5' });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.json()).toEqual({
      type: 'about:blank',
      title: 'Unprocessable content',
      status: 422,
      detail: 'two errors',
      errors: [1, 2],
    });
  });
});
