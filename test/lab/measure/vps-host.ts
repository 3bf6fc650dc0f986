import { createServer } from 'node:net';
import { serveTool } from './tool.ts';

/** Where a VPS answers the edge's probes: an SSH daemon's greeting. */
export const BANNER_PORT = 22;

if (import.meta.main) {
  createServer((socket) => {
    // The prober hangs up as soon as it has read the greeting.
    socket.on('error', () => socket.destroy());
    socket.end('SSH-2.0-lab\r\n');
  }).listen(BANNER_PORT);
  serveTool({ ready: () => true });
}
