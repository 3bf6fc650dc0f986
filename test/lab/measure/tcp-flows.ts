import { connect, type Socket } from 'node:net';
import * as z from 'zod';
import { CLIENTS, TARGET } from './family.ts';
import { firstDifference, patternAt } from './pattern.ts';
import { DOWNLOAD_PORT, ECHO_PORT } from './ports.ts';
import { nowMs, serveTool } from './tool.ts';

/** Each echo flow sends a block of the pattern each so many milliseconds. */
const ECHO_EVERY_MS = 100;
const ECHO_BLOCK_BYTES = 100;

/*
 * Established TCP flows: echo flows (both directions) and one download (only the server sends). Every received byte is compared with the
 * pattern, so a flow counts as whole only when nothing was lost, repeated or changed.
 */

interface Flow {
  kind: 'echo' | 'download';
  socket: Socket;
  /** The client's address as the host sees it; null until the first line has come. */
  via: string | null;
  bytes: number;
  lastMs: number;
  longestGapMs: number;
  broken: { why: string; atMs: number } | null;
}

const flows: Flow[] = [];

function openFlow(kind: Flow['kind'], clientAddress: string): Flow {
  const port = kind === 'echo' ? ECHO_PORT : DOWNLOAD_PORT;
  const socket = connect({ host: TARGET, port, localAddress: clientAddress });
  const flow: Flow = { kind, socket, via: null, bytes: 0, lastMs: nowMs(), longestGapMs: 0, broken: null };
  socket.on('data', (chunk) => receive(flow, chunk));
  socket.on('error', (error) => breakFlow(flow, error.message));
  socket.on('close', () => breakFlow(flow, 'closed'));
  if (kind === 'echo') startSending(flow);
  return flow;
}

function startSending(flow: Flow): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (flow.broken) return clearInterval(timer);
    if (flow.via === null || flow.socket.writableNeedDrain) return;
    flow.socket.write(patternAt(sent, ECHO_BLOCK_BYTES));
    sent += ECHO_BLOCK_BYTES;
  }, ECHO_EVERY_MS);
}

function receive(flow: Flow, chunk: Buffer): void {
  const now = nowMs();
  flow.longestGapMs = Math.max(flow.longestGapMs, now - flow.lastMs);
  flow.lastMs = now;
  const body = flow.via === null ? readFirstLine(flow, chunk) : chunk;
  const wrongAt = firstDifference(body, flow.bytes);
  if (wrongAt >= 0) breakFlow(flow, `wrong byte at ${wrongAt}`);
  flow.bytes += body.length;
}

/** The first line is written in one piece and is far shorter than a segment. */
function readFirstLine(flow: Flow, chunk: Buffer): Buffer {
  const end = chunk.indexOf('\n');
  flow.via = chunk.subarray(0, end).toString();
  return chunk.subarray(end + 1);
}

function breakFlow(flow: Flow, why: string): void {
  flow.broken ??= { why, atMs: nowMs() };
  flow.socket.destroy();
}

function summary(): FlowSummary[] {
  const now = nowMs();
  return flows.map(({ kind, via, bytes, lastMs, longestGapMs, broken }) => ({
    kind,
    via,
    bytes,
    longestGapMs: Math.round(Math.max(longestGapMs, broken ? 0 : now - lastMs)),
    broken,
  }));
}

function closeAll(): void {
  for (const flow of flows.splice(0)) breakFlow(flow, 'closed by the lab');
}

const flowSchema = z.object({
  kind: z.enum(['echo', 'download']),
  via: z.string().nullable(),
  bytes: z.number(),
  longestGapMs: z.number(),
  broken: z.object({ why: z.string(), atMs: z.number() }).nullable(),
});
export const flowsSchema = z.array(flowSchema);
export type FlowSummary = z.infer<typeof flowSchema>;

if (import.meta.main) {
  serveTool({
    /** `echoes` flows, spread over the client's addresses, and a download if asked. */
    open: (params) => {
      const { echoes, download } = z.object({ echoes: z.int(), download: z.boolean() }).parse(params);
      for (let index = 0; index < echoes; index++) flows.push(openFlow('echo', CLIENTS[index % CLIENTS.length] ?? ''));
      if (download) flows.push(openFlow('download', CLIENTS[0] ?? ''));
    },
    summary,
    closeAll,
  });
}
