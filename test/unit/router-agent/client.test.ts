import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoffMs, slowRetryMs } from '../../../router-agent/backoff.ts';
import { type Client, createClient, type Way } from '../../../router-agent/client.ts';
import { systemClock } from '../../../router-agent/clock.ts';
import { createLog } from '../../../router-agent/log.ts';
import type { Report } from '../../../worker/protocol/report.ts';

type Poll = { authorization: string | undefined; body: Report; response: ServerResponse };

let folder = '';
let server: Server;
let polls: Poll[] = [];
let onPoll: (poll: Poll) => void = () => undefined;
let client: Client | null = null;
let running: Promise<void> = Promise.resolve();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'farwatch-client-'));
  writeFileSync(join(folder, 'token'), 'fws_home_secret\n');
  polls = [];
  server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const poll = { authorization: request.headers.authorization, body: JSON.parse(text), response };
      polls.push(poll);
      onPoll(poll);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  client?.stop();
  await running;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function start(
  take: (answer: unknown) => Promise<boolean> = async () => true,
  ways: () => Way[] = () => [{ name: 'main' }],
  clock = systemClock,
) {
  const address = server.address();
  const heard: string[] = [];
  let seq = 0;
  client = createClient({
    edge: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    tokenFile: join(folder, 'token'),
    ways,
    clock,
    log: createLog('error', { journald: false, write: () => undefined }),
    report() {
      seq += 1;
      return { site: 'home', instance: 'i', version: '0.1.0', seq, applied: 0, paths: [] };
    },
    take,
    heard: (reached, message) => heard.push(`${reached} ${message}`),
    random: () => 0.01,
  });
  running = client.run();
  return heard;
}

const answer =
  (status: number, body = '', headers = {}) =>
  (poll: Poll) =>
    poll.response.writeHead(status, headers).end(body);

describe('the long-poll', () => {
  test('sends the report with the token, takes the directive, and polls again', async () => {
    const taken: unknown[] = [];
    onPoll = (poll) => (polls.length === 1 ? answer(200, '{"epoch":1}')(poll) : undefined);
    start(async (directive) => {
      taken.push(directive);
      return true;
    });
    await vi.waitFor(() => expect(polls).toHaveLength(2));
    expect(polls[0]).toMatchObject({ authorization: 'Bearer fws_home_secret', body: { site: 'home', seq: 1 } });
    expect(taken).toEqual([{ epoch: 1 }]);
  });

  test('news ends a held poll and sends the next at once', async () => {
    onPoll = () => undefined;
    start();
    await vi.waitFor(() => expect(polls).toHaveLength(1));
    const nudgedAt = performance.now();
    client?.nudge();
    await vi.waitFor(() => expect(polls).toHaveLength(2), { interval: 5 });
    expect(performance.now() - nudgedAt).toBeLessThan(500);
    expect(polls[1]?.body.seq).toBe(2);
  });

  test('a refused directive is not asked for again in a loop', async () => {
    onPoll = answer(200, '{}');
    const heard = start(async () => false);
    await vi.waitFor(() => expect(polls.length).toBeGreaterThan(3), { timeout: 5000 });
    expect(polls.length).toBeLessThan(20);
    expect(heard).toContain('true directive');
  });

  test.each([
    ['2', 2000],
    ['3600', 12_000],
  ])('a directive with Retry-After %s is confirmed after %d ms, and at once when there is news', async (seconds, ms) => {
    onPoll = (poll) => (polls.length === 1 ? answer(200, '{}', { 'retry-after': seconds })(poll) : undefined);
    const waits: number[] = [];
    start(undefined, undefined, {
      ...systemClock,
      after(waitMs, task) {
        waits.push(waitMs);
        return systemClock.after(waitMs, task);
      },
    });
    await vi.waitFor(() => expect(waits).toEqual([ms + 2.5]));
    expect(polls).toHaveLength(1);
    client?.nudge();
    await vi.waitFor(() => expect(polls).toHaveLength(2), { interval: 5 });
  });

  test.each([
    [401, /token/],
    [403, /another site/],
    [404, /does not know this site/],
    [409, /another agent/],
  ])('%d says what to do, and retries slowly', async (status, words) => {
    onPoll = answer(status);
    const heard = start();
    await vi.waitFor(() => expect(heard[0]).toMatch(words));
    expect(heard[0]).toMatch(/^false/);
    expect(polls).toHaveLength(1);
  });

  test('answers that are no directive, too long, or none at all never stop it', async () => {
    const bad = [
      answer(200, 'not json'),
      answer(500, 'oops'),
      (poll: Poll) => poll.response.destroy(),
      answer(200, 'x'.repeat(100_000)),
      answer(302, '', { location: '/' }),
    ];
    onPoll = (poll) => bad[(polls.length - 1) % bad.length]?.(poll);
    start(async (directive) => typeof directive === 'object');
    await vi.waitFor(() => expect(polls.length).toBeGreaterThan(bad.length), { timeout: 10_000 });
  });

  test('a missing token file is a message, and no request', async () => {
    rmSync(join(folder, 'token'));
    onPoll = () => undefined;
    const heard = start();
    await vi.waitFor(() => expect(heard[0]).toMatch(/cannot read token_file/));
    expect(polls).toHaveLength(0);
  });

  test('a rotated token is used at the next poll', async () => {
    onPoll = () => undefined;
    start();
    await vi.waitFor(() => expect(polls).toHaveLength(1));
    writeFileSync(join(folder, 'token'), 'fws_home_new');
    client?.nudge();
    await vi.waitFor(() => expect(polls[1]?.authorization).toBe('Bearer fws_home_new'));
  });
});

describe('ways to the edge', () => {
  const way = (last: number): Way => ({ name: `wan${last}`, localAddress: `127.0.0.${last}` });
  const cameBy = (poll: Poll | undefined) => poll?.response.socket?.remoteAddress;

  test('a way that reaches nobody is left for the next at once, and not returned to while that serves', async () => {
    onPoll = (poll) => (polls.length < 3 ? answer(200, '{}')(poll) : undefined);
    // TEST-NET-1: nobody here has this address.
    const heard = start(undefined, () => [{ name: 'wan9', localAddress: '192.0.2.9' }, way(2)]);
    await vi.waitFor(() => expect(polls).toHaveLength(3));
    expect(heard.filter((line) => line.startsWith('false'))).toEqual([expect.stringMatching(/not reached by wan9/)]);
    expect(cameBy(polls[2])).toBe('127.0.0.2');
  });

  test('a poll that is held by a way that is gone is given up and sent by another; a better way is taken by the next poll', async () => {
    onPoll = () => undefined;
    let ways = [way(1), way(2)];
    start(undefined, () => ways);
    await vi.waitFor(() => expect(polls).toHaveLength(1));
    expect(cameBy(polls[0])).toBe('127.0.0.1');
    ways = [way(2)];
    client?.reroute();
    await vi.waitFor(() => expect(polls).toHaveLength(2));
    expect(cameBy(polls[1])).toBe('127.0.0.2');
    ways = [way(1), way(2)];
    client?.reroute();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(polls).toHaveLength(2);
    const second = polls[1];
    if (second !== undefined) answer(204)(second);
    await vi.waitFor(() => expect(polls).toHaveLength(3));
    expect(cameBy(polls[2])).toBe('127.0.0.1');
  });
});

test('back-off has full jitter and a cap', () => {
  expect([0, 1, 2, 5].map((failures) => backoffMs(failures, 0.999_999))).toEqual([500, 1000, 2000, 16_000]);
  expect(backoffMs(6, 0.999_999)).toBe(30_000);
  expect(backoffMs(10_000, 0.999_999)).toBe(30_000);
  expect(backoffMs(10, 0)).toBe(0);
  expect([slowRetryMs(0), slowRetryMs(0.999_999)]).toEqual([15_000, 30_000]);
});
