import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import * as z from 'zod';
import { CLIENTS, TARGET, UDP_TYPE } from './family.ts';
import { ECHO_PORT, HTTP_PORT } from './ports.ts';
import { nowMs, serveTool } from './tool.ts';

/** A datagram without an echo after this long is lost, in milliseconds. */
const SAMPLE_TIMEOUT_MS = 1000;
/**
 * Each flow has a port that none before it had for 400 samples. The VPS gives all clients one address: of two whose ports are the same, and who begin
 * in the same instant, its NAT may drop one's first datagram, whatever the router does.
 */
const PORTS = { first: 25_000, last: 64_999 };
/** So that 400 samples take longer than a NAT remembers a datagram and its echo (30 s). */
const SAMPLE_EVERY_MS = 90;
/** A new HTTP request begins each so many milliseconds, and is given up after so many. */
const HTTP_EVERY_MS = 50;
const HTTP_TIMEOUT_MS = 5000;

let sampledMs = 0;
let port = PORTS.first;

/** Where new flows go: one datagram from each address of the client, each by a socket of its own. */
async function sample(): Promise<NewFlows> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, sampledMs + SAMPLE_EVERY_MS - nowMs())));
  sampledMs = nowMs();
  const seen = await Promise.all(CLIENTS.map(oneNewFlow));
  const via: Record<string, number> = {};
  for (const address of seen) if (address !== null) via[address] = (via[address] ?? 0) + 1;
  return { via, lost: seen.filter((address) => address === null).length };
}

function nextPort(): number {
  port = port === PORTS.last ? PORTS.first : port + 1;
  return port;
}

function oneNewFlow(clientAddress: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(UDP_TYPE);
    let finished = false;
    const finish = (via: string | null) => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      socket.close();
      resolve(via);
    };
    // What is in the socket by now counts: in a process that was late itself, timers come first.
    const timer = setTimeout(() => setImmediate(finish, null), SAMPLE_TIMEOUT_MS);
    socket.on('message', (message) => finish(message.toString().split(' ')[0] ?? null));
    socket.on('error', () => finish(null));
    socket.bind(nextPort(), clientAddress, () => socket.send('0', ECHO_PORT, TARGET));
  });
}

interface Request {
  startedMs: number;
  /** Null: failed or not yet answered. */
  answeredMs: number | null;
}

const requests: Request[] = [];

function newRequest(): void {
  const request: Request = { startedMs: nowMs(), answeredMs: null };
  requests.push(request);
  const sent = get({ host: TARGET, port: HTTP_PORT, agent: false, timeout: HTTP_TIMEOUT_MS }, (response) => {
    response.resume();
    response.on('end', () => {
      request.answeredMs = nowMs();
    });
  });
  sent.on('timeout', () => sent.destroy());
  // A failed request stays unanswered: that is what is counted.
  sent.on('error', () => undefined);
}

/** The first answer to a request that began after `fromMs`: what somebody sees who clicks just after the fault. */
function firstAnswer(fromMs: number): number | null {
  const answers = requests.flatMap(({ startedMs, answeredMs }) => (startedMs >= fromMs && answeredMs !== null ? [answeredMs] : []));
  return answers.length > 0 ? Math.min(...answers) : null;
}

export const newFlowsSchema = z.object({ via: z.record(z.string(), z.number()), lost: z.number() });
export type NewFlows = z.infer<typeof newFlowsSchema>;
export const firstAnswerSchema = z.number().nullable();

if (import.meta.main) {
  let timer: NodeJS.Timeout | undefined;
  serveTool({
    sample,
    startHttp: () => {
      timer ??= setInterval(newRequest, HTTP_EVERY_MS);
    },
    stopHttp: () => {
      clearInterval(timer);
      timer = undefined;
      requests.length = 0;
    },
    firstAnswer: (params) => firstAnswer(z.object({ fromMs: z.number() }).parse(params).fromMs),
  });
}
