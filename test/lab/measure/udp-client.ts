import { createSocket, type Socket } from 'node:dgram';
import * as z from 'zod';
import { TARGET, UDP_TYPE } from './family.ts';
import { longestGap } from './gap.ts';
import { ECHO_PORT } from './ports.ts';
import { nowMs, serveTool } from './tool.ts';

/** One datagram each so many milliseconds: an outage is measured to about this much. */
const EVERY_MS = 10;
/**
 * A renewed flow must be new to the router, which remembers the ports of thousands of flows of this lab, and where each belongs, for two minutes: each
 * flow here has a port of its own, below those that the kernel gives to others.
 */
const FIRST_PORT = 20_000;

/*
 * One UDP flow with a sequence number in each datagram, from one socket: the router sees one connection for as long as the flow is not renewed.
 */

interface Flow {
  socket: Socket;
  /** When each datagram left. */
  sentAtMs: number[];
  timer: NodeJS.Timeout;
  stopped: boolean;
  arrivals: { seq: number; atMs: number; via: string }[];
}

function startFlow(port: number): Flow {
  const socket = createSocket(UDP_TYPE);
  socket.bind(port);
  // While a route is unreachable the kernel may refuse to send: to the user that is an outage like any other.
  socket.on('error', () => undefined);
  const flow: Flow = { socket, sentAtMs: [], stopped: false, arrivals: [], timer: setInterval(() => sendNext(flow), EVERY_MS) };
  socket.on('message', (message) => {
    const [via = '', seq = ''] = message.toString().split(' ');
    flow.arrivals.push({ seq: Number(seq), atMs: nowMs(), via });
  });
  return flow;
}

function stopFlow(flow: Flow): void {
  clearInterval(flow.timer);
  if (!flow.stopped) flow.socket.close();
  flow.stopped = true;
}

function sendNext(flow: Flow): void {
  flow.socket.send(`${flow.sentAtMs.length}`, ECHO_PORT, TARGET, () => undefined);
  flow.sentAtMs.push(nowMs());
}

/** Lost is what was overtaken: a number below the highest that came back, and that itself did not. */
function summary(flow: Flow, fromMs: number): UdpSummary {
  const seqs = new Set(flow.arrivals.map(({ seq }) => seq));
  const highest = Math.max(-1, ...seqs);
  const inWindow = flow.arrivals.filter(({ atMs }) => atMs >= fromMs);
  const via: Record<string, number> = {};
  for (const arrival of inWindow) via[arrival.via] = (via[arrival.via] ?? 0) + 1;
  const times = flow.arrivals.map(({ atMs }) => atMs);
  return {
    received: inWindow.length,
    lostMs: flow.sentAtMs.slice(0, highest).flatMap((atMs, seq) => (seqs.has(seq) ? [] : [Math.round(atMs - fromMs)])),
    gap: longestGap(times, fromMs, nowMs()),
    via,
    lastVia: flow.arrivals.at(-1)?.via ?? null,
  };
}

export const udpSummarySchema = z.object({
  /** Echoes that came back since the asked time, and by which source address the host saw them. */
  received: z.number(),
  via: z.record(z.string(), z.number()),
  lastVia: z.string().nullable(),
  /** When those left whose echo never came, since the asked time; over the whole flow. */
  lostMs: z.array(z.number()),
  gap: z.object({ ms: z.number(), fromMs: z.number(), toMs: z.number() }),
});
export type UdpSummary = z.infer<typeof udpSummarySchema>;

if (import.meta.main) {
  let port = FIRST_PORT;
  let flow = startFlow(port);
  serveTool({
    renew: () => {
      stopFlow(flow);
      port += 1;
      flow = startFlow(port);
    },
    stop: () => stopFlow(flow),
    summary: (params) => summary(flow, z.object({ fromMs: z.number() }).parse(params).fromMs),
  });
}
