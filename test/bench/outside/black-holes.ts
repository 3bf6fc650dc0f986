import { type AddressInfo, createServer, type Server } from 'node:net';

/** A server that says what an SSH server says, until it goes dark: then connections are accepted, and nothing comes back. */
export interface Hole {
  id: string;
  port: number;
  dark: boolean;
  close(): Promise<void>;
}

/** Opens so many of them on loopback. */
export function openHoles(count: number): Promise<Hole[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => openHole(`vps-${index + 1}`)));
}

async function openHole(id: string): Promise<Hole> {
  const hole: Hole = { id, port: 0, dark: false, close: () => close(server) };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (!hole.dark) socket.end('SSH-2.0-OpenSSH_9.9\r\n');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  hole.port = (server.address() as AddressInfo).port;
  return hole;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.unref();
    setTimeout(resolve, 200).unref();
  });
}
