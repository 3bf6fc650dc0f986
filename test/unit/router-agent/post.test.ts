import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { post } from '../../../router-agent/post.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** What comes of a post to an edge that behaves like this. */
async function postTo(behave: (response: ServerResponse) => void, timeoutMs = 300) {
  const listening = createServer((request, response) => {
    request.resume();
    request.on('end', () => behave(response));
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  const url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/agent/v1/poll`);
  return post({ url, token: 't', body: '{}', timeoutMs, signal: new AbortController().signal });
}

describe('an edge that does not behave', () => {
  test('one that drips is left at the deadline, however busy it looks', async () => {
    const startedAt = performance.now();
    const result = await postTo((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(result).toEqual({ error: expect.stringContaining('no answer within') });
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  test('one that pours is cut off, and not read to the end', async () => {
    let poured = 0;
    const result = await postTo((response) => {
      const pour = (): void => {
        if (response.destroyed) return;
        poured += 16_384;
        if (response.write('x'.repeat(16_384))) setImmediate(pour);
        else response.once('drain', pour);
      };
      pour();
    }, 5000);
    expect(result).toEqual({ error: 'the answer is too long' });
    expect(poured).toBeLessThan(50_000_000);
  });

  test('a redirect is an answer like any other: it is not followed', async () => {
    expect(await postTo((response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())).toMatchObject({ status: 302 });
  });

  test.each([
    ['7', 7000],
    ['999999', 3_600_000],
    ['Wed, 21 Oct 2065 07:28:00 GMT', null],
    ['-5', null],
  ])('Retry-After %s', async (header, retryAfterMs) => {
    expect(await postTo((response) => response.writeHead(503, { 'retry-after': header }).end())).toMatchObject({ retryAfterMs });
  });

  test('half an answer is none', async () => {
    const result = await postTo((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"epoch":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(result).toHaveProperty('error');
  });
});
