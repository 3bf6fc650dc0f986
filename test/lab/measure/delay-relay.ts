import { createSocket } from 'node:dgram';
import * as z from 'zod';
import { nowMs, serveTool } from './tool.ts';

/*
 * A slow line for datagrams: what comes to a port of this host goes on to its target after a delay, and the answers go back in the same way. Packets do
 * not overtake each other, as in a queue.
 */
const paramsSchema = z.object({ port: z.int(), to: z.string(), toPort: z.int(), minMs: z.number(), maxMs: z.number() });

function relay({ port, to, toPort, minMs, maxMs }: z.infer<typeof paramsSchema>): Promise<boolean> {
  const near = createSocket('udp4');
  const far = createSocket('udp4');
  let client: { address: string; port: number } | null = null;
  const inOrder = () => {
    let lastMs = 0;
    return (task: () => void) => {
      const now = nowMs();
      lastMs = Math.max(lastMs, now + minMs + Math.random() * (maxMs - minMs));
      setTimeout(task, lastMs - now);
    };
  };
  const [there, back] = [inOrder(), inOrder()];
  near.on('message', (message, from) => {
    client = from;
    there(() => far.send(message, toPort, to));
  });
  far.on('message', (message) => {
    back(() => client !== null && near.send(message, client.port, client.address));
  });
  // What the line cannot carry is lost, as on any line.
  for (const socket of [near, far]) socket.on('error', () => undefined);
  return new Promise((resolve) => near.bind(port, () => resolve(true)));
}

serveTool({ relay: (params) => relay(paramsSchema.parse(params)) });
