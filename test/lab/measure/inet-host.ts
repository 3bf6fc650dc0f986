import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { firstDifference, patternAt } from './pattern.ts';
import {
  DNS_PORT,
  DOWNLOAD_CHUNK_BYTES,
  DOWNLOAD_EVERY_MS,
  DOWNLOAD_PORT,
  ECHO_PORT,
  HTTP_PORT,
  TRICKLE_BYTES,
  TRICKLE_EVERY_MS,
  TRICKLE_PORT,
  UPLOAD_PORT,
} from './ports.ts';
import { serveTool } from './tool.ts';

/*
 * The host on the internet. Every answer begins with the client's address as it is seen from here, so that a client knows by which VPS it came:
 * a datagram's echo as `<address> <datagram>`, a stream's first line, an HTTP body.
 */

/** How often an upload is told how far it has come. */
const UPLOAD_TELL_MS = 100;
/** A thousand clients may call at once; whoever finds no place would be asked to wait for seconds. */
const BACKLOG = 4096;

function seenAddress(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** Also where a resolver would be: a question and its echo go the same ways. */
function udpEcho(type: 'udp4' | 'udp6', port: number): void {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  socket.on('message', (message, from) => socket.send(Buffer.concat([Buffer.from(`${from.address} `), message]), from.port, from.address));
  socket.bind(port);
}

function tcpEcho(): void {
  const server = createServer((socket) => {
    // A client that was cut off resets its flow: that is its business, and it counts it.
    socket.on('error', () => socket.destroy());
    socket.write(`${seenAddress(socket)}\n`);
    socket.pipe(socket);
  });
  server.listen({ port: ECHO_PORT, backlog: BACKLOG });
}

function download(port: number, bytes: number, everyMs: number): void {
  const server = createServer((socket) => {
    let offset = 0;
    socket.write(`${seenAddress(socket)}\n`);
    const timer = setInterval(() => {
      if (socket.writableNeedDrain) return;
      socket.write(patternAt(offset, bytes));
      offset += bytes;
    }, everyMs);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearInterval(timer));
  });
  server.listen({ port, backlog: BACKLOG });
}

/** Every byte is compared with the pattern, and how many were right is told now and then; a wrong one ends the flow. */
function upload(): void {
  const server = createServer((socket) => {
    let right = 0;
    socket.write(`${seenAddress(socket)}\n`);
    const timer = setInterval(() => socket.write(`${right}\n`), UPLOAD_TELL_MS);
    socket.on('data', (chunk) => {
      if (firstDifference(chunk, right) >= 0) socket.resetAndDestroy();
      right += chunk.length;
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearInterval(timer));
  });
  server.listen({ port: UPLOAD_PORT, backlog: BACKLOG });
}

function http(): void {
  createHttpServer((request, response) => response.end(seenAddress(request.socket))).listen(HTTP_PORT);
}

for (const port of [ECHO_PORT, DNS_PORT]) {
  udpEcho('udp4', port);
  udpEcho('udp6', port);
}
tcpEcho();
download(DOWNLOAD_PORT, DOWNLOAD_CHUNK_BYTES, DOWNLOAD_EVERY_MS);
download(TRICKLE_PORT, TRICKLE_BYTES, TRICKLE_EVERY_MS);
upload();
http();
serveTool({ ready: () => true });
