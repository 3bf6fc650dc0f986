import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TestProject } from 'vitest/node';
import { hookServer } from './hooks.ts';
import type { Ports } from './worker/ports.ts';

/*
 * Real listeners on loopback for the tests that run in workerd: it has no way to listen itself. Their ports reach the tests by `inject('ports')`.
 */

const HANDSHAKE_FAILURE = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const open = new Set<Server>();
  const listen = async (server: Server, port = 0): Promise<number> => {
    open.add(server);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const pem = (name: string) => readFileSync(new URL(`fixtures/self-signed.${name}`, import.meta.url));
  const identity = { key: pem('key'), cert: pem('crt') };
  const tcp = (behave: (socket: Socket) => void) => listen(createTcpServer((socket) => behave(socket.on('error', () => undefined))));

  const closed = createTcpServer();
  const closedPort = await listen(closed);
  await close(closed);
  const toggle = new Toggle();
  const ports: Ports = {
    closed: closedPort,
    hang: await tcp(() => undefined),
    reset: await tcp((socket) => socket.once('data', () => socket.resetAndDestroy())),
    ssh: await tcp((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')),
    smtp: await tcp((socket) => socket.write('220 mail.example ESMTP\r\n')),
    stutter: await tcp((socket) => socket.write('SS')),
    tls: await listen(createTlsServer(identity)),
    tlsOnly13: await listen(createTlsServer({ ...identity, minVersion: 'TLSv1.3' })),
    tlsAlert: await tcp((socket) => socket.once('data', () => socket.end(HANDSHAKE_FAILURE))),
    http: await listen(web(toggle)),
    switched: await toggle.up(),
    hooks: await listen(hookServer()),
  };
  project.provide('ports', ports);
  return async () => {
    await toggle.down();
    await Promise.all([...open].map(close));
  };
}

/** A listener that comes and goes on one port, like a server that dies and returns. */
class Toggle {
  private server: Server | null = null;
  private port = 0;

  async up(): Promise<number> {
    if (this.server !== null) return this.port;
    const server = createTcpServer((socket) => socket.on('error', () => undefined).end());
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    return this.port;
  }

  async down(): Promise<void> {
    if (this.server === null) return;
    const { server } = this;
    this.server = null;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function web(toggle: Toggle): Server {
  return createHttpServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/switch/up') await toggle.up();
    if (pathname === '/switch/down') await toggle.down();
    if (pathname === '/hang') return;
    if (pathname === '/slow-body') return void response.writeHead(200).write('it begins');
    const status = Number(/^\/status\/(\d+)$/.exec(pathname)?.[1] ?? 200);
    if (pathname === '/to-ok') response.setHeader('location', '/greeting');
    if (pathname === '/loop') response.setHeader('location', '/loop');
    if (pathname === '/to-hang') response.setHeader('location', '/hang');
    response.statusCode = ['/to-ok', '/loop', '/to-hang'].includes(pathname) ? 302 : status;
    if (pathname === '/late-word') response.end(`${'x'.repeat(70_000)}needle`);
    else response.end(pathname === '/greeting' ? 'Welcome to OpenMPTCProuter' : 'ok');
  });
}

async function close(server: Server): Promise<void> {
  if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.unref();
    // Connections that hang on purpose would keep close() waiting.
    setTimeout(resolve, 200).unref();
  });
}
