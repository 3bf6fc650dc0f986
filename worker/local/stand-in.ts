/*
 * A stand-in for a VPS, one process: it answers on loopback as a VPS does. Stopped (SIGSTOP) it is a black hole: the kernel still accepts
 * connections for it, and nothing ever comes back. Arguments: its name, then the ports for tls, http, banner and echo.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { selfSigned } from './certificate.ts';

const HOST = '127.0.0.1';
const [name = 'vps', tlsPort, httpPort, bannerPort, echoPort] = process.argv.slice(2);

const tls = createTlsServer(selfSigned(name, Date.now()), (socket) => {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nHello\r\n');
});
const http = createHttpServer((_request, response) => response.end(`${name} is here\n`));
const banner = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.end('SSH-2.0-OpenSSH_9.2 (stand-in)\r\n');
});
const echo = createSocket('udp4');
echo.on('message', (message, from) => echo.send(message, from.port, from.address));

for (const one of [tls, http, banner, echo]) {
  one.on('error', (error) => {
    console.error(`stand-in ${name}: ${error.message}`);
    process.exit(1);
  });
}
tls.listen(Number(tlsPort), HOST);
http.listen(Number(httpPort), HOST);
banner.listen(Number(bannerPort), HOST);
echo.bind(Number(echoPort), HOST);
await Promise.all([tls, http, banner, echo].map((one) => once(one, 'listening')));
process.stdout.write('ready\n');

// Ctrl-C reaches the whole process group: who started this one ends it, by closing its stdin.
process.on('SIGINT', () => undefined);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
