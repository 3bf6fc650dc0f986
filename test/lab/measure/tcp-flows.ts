import { connect, type Socket } from 'node:net';
import * as z from 'zod';
import { CLIENTS, TARGET } from './family.ts';
import { firstDifference, patternAt } from './pattern.ts';
import { DOWNLOAD_CHUNK_BYTES, DOWNLOAD_EVERY_MS, DOWNLOAD_PORT, ECHO_PORT, TRICKLE_PORT, UPLOAD_PORT } from './ports.ts';
import { nowMs, serveTool } from './tool.ts';

/** Each echo flow sends a block of the pattern each so many milliseconds. */
const ECHO_EVERY_MS = 100;
const ECHO_BLOCK_BYTES = 100;
/**
 * Where the ports of the clients begin, below those that the kernel would choose: the host keeps what was cut for minutes, and a port that is used
 * again meets it there.
 */
const FIRST_LOCAL_PORT = 10_000;

/*
 * Established TCP flows: echo flows (both directions), a download (only the server sends; a trickle is a slow one), an upload (only the client does; the server tells now and then
 * how much has come). Every received byte is compared with the pattern, so a flow counts as whole only when nothing was lost, repeated or changed.
 */

const KINDS = ['echo', 'download', 'upload', 'trickle'] as const;
type Kind = (typeof KINDS)[number];

/** What the client sends: so many bytes each so many milliseconds. */
const SENT: Record<Kind, { port: number; bytes: number; everyMs: number }> = {
  echo: { port: ECHO_PORT, bytes: ECHO_BLOCK_BYTES, everyMs: ECHO_EVERY_MS },
  download: { port: DOWNLOAD_PORT, bytes: 0, everyMs: 0 },
  trickle: { port: TRICKLE_PORT, bytes: 0, everyMs: 0 },
  upload: { port: UPLOAD_PORT, bytes: DOWNLOAD_CHUNK_BYTES, everyMs: DOWNLOAD_EVERY_MS },
};

interface Flow {
  kind: Kind;
  socket: Socket;
  /** The client's address as the host sees it; null until the first line has come. */
  via: string | null;
  bytes: number;
  lastMs: number;
  longestGapMs: number;
  broken: { why: string; atMs: number } | null;
}

const flows: Flow[] = [];
const nextPort = new Map<string, number>();

function openFlow(kind: Kind, clientAddress: string): Flow {
  const localPort = nextPort.get(clientAddress) ?? FIRST_LOCAL_PORT;
  nextPort.set(clientAddress, localPort + 1);
  const socket = connect({ host: TARGET, port: SENT[kind].port, localAddress: clientAddress, localPort });
  const flow: Flow = { kind, socket, via: null, bytes: 0, lastMs: nowMs(), longestGapMs: 0, broken: null };
  socket.on('data', (chunk) => receive(flow, chunk));
  socket.on('error', (error) => breakFlow(flow, error.message));
  socket.on('close', () => breakFlow(flow, 'closed'));
  if (SENT[kind].bytes > 0) startSending(flow);
  return flow;
}

function startSending(flow: Flow): void {
  const { bytes, everyMs } = SENT[flow.kind];
  let sent = 0;
  const send = () => {
    if (flow.broken) return clearInterval(timer);
    if (flow.via === null || flow.socket.writableNeedDrain) return;
    flow.socket.write(patternAt(sent, bytes));
    sent += bytes;
  };
  // Each at moments of its own: the packets of a hundred flows at once fill half of the buffer of wireguard-go's socket.
  let timer = setTimeout(() => {
    timer = setInterval(send, everyMs);
  }, Math.random() * everyMs);
}

function receive(flow: Flow, chunk: Buffer): void {
  const now = nowMs();
  flow.longestGapMs = Math.max(flow.longestGapMs, now - flow.lastMs);
  flow.lastMs = now;
  const body = flow.via === null ? readFirstLine(flow, chunk) : chunk;
  if (flow.kind === 'upload') {
    flow.bytes = Math.max(flow.bytes, Number(body.toString().trim().split('\n').at(-1)));
    return;
  }
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

const openSchema = z.object({ echoes: z.int(), download: z.boolean(), upload: z.boolean(), trickles: z.int() });
const flowSchema = z.object({
  kind: z.enum(KINDS),
  via: z.string().nullable(),
  bytes: z.number(),
  longestGapMs: z.number(),
  broken: z.object({ why: z.string(), atMs: z.number() }).nullable(),
});
export const flowsSchema = z.array(flowSchema);
export type FlowSummary = z.infer<typeof flowSchema>;

if (import.meta.main) {
  serveTool({
    /** `echoes` and `trickles`, spread over the client's addresses, and a download or an upload if asked. */
    open: (params) => {
      const { echoes, download, upload, trickles } = openSchema.parse(params);
      for (let index = 0; index < echoes; index++) flows.push(openFlow('echo', CLIENTS[index % CLIENTS.length] ?? ''));
      for (let index = 0; index < trickles; index++) flows.push(openFlow('trickle', CLIENTS[index % CLIENTS.length] ?? ''));
      if (upload) flows.push(openFlow('upload', CLIENTS[1] ?? ''));
      if (download) flows.push(openFlow('download', CLIENTS[0] ?? ''));
    },
    summary,
    closeAll,
  });
}
