import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dispatch } from '../../../worker/notify/dispatch.ts';
import { hookServer } from '../../hooks.ts';
import { MESSAGE, ref } from './samples.ts';

const server = hookServer();
let port = 0;
const host = { env: { KEY: 'hush-hush' }, allowPrivate: true };

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let boxes = 0;

/** A receiver of its own for one test, that answers so. */
async function box(answers: object[] = []) {
  const name = `box${++boxes}`;
  const base = `http://127.0.0.1:${port}/${name}`;
  await fetch(base, { method: 'PUT', body: JSON.stringify(answers) });
  return {
    url: `json://127.0.0.1:${port}/${name}`,
    received: async () => (await (await fetch(base)).json()) as { path: string; headers: Record<string, string>; body: string }[],
  };
}

async function answered(answer: object) {
  const { url } = await box([answer]);
  return dispatch(url, host, MESSAGE, 0, () => undefined);
}

describe('an answer', () => {
  test.each([200, 201, 204])('%d is a delivery', async (status) => {
    expect(await answered({ status })).toEqual({ kind: 'sent', status });
  });

  test.each([400, 401, 403, 404, 410, 413, 422])('%d is final', async (status) => {
    expect(await answered({ status })).toMatchObject({ kind: 'refused', status });
  });

  test.each([408, 425, 429, 500, 502, 503])('%d may be different next time', async (status) => {
    expect(await answered({ status })).toMatchObject({ kind: 'later', status });
  });

  test('says when to come back', async () => {
    expect(await answered({ status: 429, headers: { 'retry-after': '7' } })).toMatchObject({ retryAfterMs: 7000 });
    expect(await answered({ status: 503, headers: { 'retry-after': '9999999' } })).toMatchObject({ retryAfterMs: 6 * 3_600_000 });
    expect(await answered({ status: 429, body: '{"parameters":{"retry_after":3}}' })).toMatchObject({ retryAfterMs: 3000 });
    expect(await answered({ status: 429, body: '{"retry_after":0.5}' })).toMatchObject({ retryAfterMs: 500 });
    const date = new Date(Date.now() + 60_000).toUTCString();
    const sent = await answered({ status: 503, headers: { 'retry-after': date } });
    expect(sent.kind === 'later' && sent.retryAfterMs).toBeGreaterThan(50_000);
    expect(await answered({ status: 503, headers: { 'retry-after': 'soon' } })).not.toHaveProperty('retryAfterMs');
  });

  test('that redirects is not followed', async () => {
    const other = await box();
    const to = other.url.replace('json:', 'http:');
    expect(await answered({ status: 307, headers: { location: to } })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('redirects'),
    });
    expect(await other.received()).toEqual([]);
  });

  test('is quoted when it is plain, and never when it repeats a secret', async () => {
    expect(await answered({ status: 400, body: '{"description":"Bad Request: chat not found"}' })).toMatchObject({ reason: 'HTTP 400' });
    expect(await answered({ status: 400, body: '{"description":"chat not found"}' })).toMatchObject({ reason: 'HTTP 400: chat not found' });
    const { url } = await box([{ status: 401, body: '{"error":"no such key hush-hush"}' }]);
    expect(await dispatch(`${url}?-k=\${KEY}`, host, MESSAGE, 0, () => undefined)).toMatchObject({ reason: 'HTTP 401' });
    expect(await answered({ status: 500, body: 'x'.repeat(5_000_000) })).toMatchObject({ kind: 'later', reason: 'HTTP 500' });
  });
});

test('nobody there, a connection that breaks: later, and the reason has no address', async () => {
  const sent = await dispatch('json://127.0.0.1:1/secret-path', host, MESSAGE, 0, () => undefined);
  expect(sent).toEqual({ kind: 'later', reason: 'no connection' });
});

test('a missing secret is said and nothing is sent', async () => {
  const sent = await dispatch(`json://127.0.0.1:${port}/\${NOT_THERE}`, host, MESSAGE, 0, () => undefined);
  expect(sent).toMatchObject({ kind: 'blocked', problem: expect.stringContaining(ref('NOT_THERE')) });
});

test('several receivers: a refusal keeps none from the message, a passing failure ends it, what is done is not done again', async () => {
  const name = `multi${++boxes}`;
  const base = `http://127.0.0.1:${port}/`;
  // All topics of one ntfy are posted to its root: the box without a name.
  await fetch(base, { method: 'PUT', body: JSON.stringify([{ status: 403 }, { status: 200 }, { status: 503 }]) });
  const url = `ntfy://127.0.0.1:${port}/${name}-a/${name}-b/${name}-c`;
  const done: number[] = [];
  expect(await dispatch(url, host, MESSAGE, 0, (n) => done.push(n))).toMatchObject({ kind: 'later', status: 503 });
  expect(done).toEqual([1, 2]);
  expect(await dispatch(url, host, MESSAGE, 2, () => undefined)).toMatchObject({ kind: 'sent' });
  const received = (await (await fetch(base)).json()) as { body: string }[];
  expect(received.map(({ body }) => JSON.parse(body).topic)).toEqual([`${name}-a`, `${name}-b`, `${name}-c`, `${name}-c`]);
});
