import { exports } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { statusSchema } from '../../worker/protocol/status.ts';

/** The public routes as the whole Worker serves them, over its real Fleet object. */
const get = (path: string, headers: Record<string, string> = {}) =>
  (exports as unknown as { default: Fetcher }).default.fetch(`http://edge.test${path}`, { headers });

test('a fleet of nothing has a picture, a page and an ETag that holds', async () => {
  const first = await get('/api/v1/status');
  expect(first.status).toBe(200);
  expect(statusSchema.parse(await first.json())).toMatchObject({ servers: [], sites: [] });
  expect((await get('/api/v1/status', { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304);
  const page = await get('/', { 'accept-language': 'zh' });
  expect(await page.text()).toContain('尚无监测对象');
});

test('what no route has is a problem for programs and a page for people', async () => {
  expect((await get('/api/v1/nothing')).headers.get('content-type')).toBe('application/problem+json');
  const page = await get('/nothing');
  expect(page.status).toBe(404);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
});
