import { type Env, siteOf } from '../env.ts';
import { LINGER_MS } from '../objects/cadence.ts';
import { type PollAnswer, pollAnswerSchema, TOKEN_HEADER } from '../objects/site-polls.ts';
import type { Report } from '../protocol/report.ts';
import { unauthorized } from './auth.ts';
import { problem } from './problem.ts';

const NO_STORE = { 'cache-control': 'no-store' };

/** One poll: hands the report to the site over a socket, and waits for its answer for at most `holdMs`. The site sleeps meanwhile. */
export async function holdPoll(
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  token: string,
  report: Report,
  holdMs: number,
): Promise<Response> {
  const upgrade = await siteOf(env, report.site).fetch('https://site/poll', { headers: { upgrade: 'websocket', [TOKEN_HEADER]: token } });
  const socket = upgrade.webSocket;
  if (socket === null) return refusedUpgrade(upgrade);
  socket.accept();
  const answer = firstAnswer(socket);
  socket.send(JSON.stringify(report));
  const hold = timer(holdMs);
  const outcome = await Promise.race([answer, hold.over]);
  hold.cancel();
  ctx.waitUntil(closeLater(socket));
  return responseOf(outcome);
}

function responseOf(outcome: PollAnswer | 'held' | 'lost'): Response {
  if (outcome === 'held') return new Response(null, { status: 204, headers: NO_STORE });
  if (outcome === 'lost') return problem(503, 'The poll was cut', 'the site was restarted; poll again', {}, { 'retry-after': '1' });
  if (outcome.status === 204) return new Response(null, { status: 204, headers: NO_STORE });
  if (outcome.status === 200) return directed(outcome);
  return refuse(outcome.status, outcome.detail);
}

function directed({ directive, pauseS = 0 }: Extract<PollAnswer, { status: 200 }>): Response {
  return Response.json(directive, { headers: { ...NO_STORE, ...(pauseS > 0 ? { 'retry-after': String(pauseS) } : {}) } });
}

async function refusedUpgrade(upgrade: Response): Promise<Response> {
  const detail = await upgrade.text();
  return upgrade.status === 401 || upgrade.status === 404
    ? refuse(upgrade.status, detail)
    : problem(503, 'The site cannot be reached', 'poll again', {}, { 'retry-after': '1' });
}

function refuse(status: 401 | 404 | 409, detail: string): Response {
  if (status === 401) return unauthorized(detail);
  return problem(status, status === 404 ? 'Not found' : 'Conflict', detail);
}

function firstAnswer(socket: WebSocket): Promise<PollAnswer | 'lost'> {
  return new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(pollAnswerSchema.parse(JSON.parse(String(data)))), { once: true });
    socket.addEventListener('close', () => resolve('lost'), { once: true });
    socket.addEventListener('error', () => resolve('lost'), { once: true });
  });
}

async function closeLater(socket: WebSocket): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve(), { once: true }));
  const linger = timer(LINGER_MS);
  await Promise.race([closed, linger.over]);
  linger.cancel();
  if (socket.readyState === WebSocket.OPEN) socket.close(1000, 'the poll is over');
}

function timer(ms: number): { over: Promise<'held'>; cancel: () => void } {
  let cancel = (): void => undefined;
  const over = new Promise<'held'>((resolve) => {
    const id = setTimeout(() => resolve('held'), ms);
    cancel = () => clearTimeout(id);
  });
  return { over, cancel };
}
