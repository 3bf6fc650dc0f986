import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import { serveTool } from './tool.ts';

const paramsSchema = z.object({ to: z.string(), port: z.int(), from: z.string().optional(), timeoutMs: z.number() });
export type Datagram = z.infer<typeof paramsSchema>;
/** The source address that the host saw; null: no echo. */
export const viaSchema = z.string().nullable();

/** Sends one datagram from a socket of its own, and waits for its echo. */
function sendOne({ to, port, from, timeoutMs }: Datagram): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4');
    let finished = false;
    const finish = (via: string | null) => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      socket.close();
      resolve(via);
    };
    // What is in the socket by now counts: in a process that was late itself, timers come first.
    const timer = setTimeout(() => setImmediate(finish, null), timeoutMs);
    socket.on('message', (message) => finish(message.toString().split(' ')[0] ?? null));
    // A refusal is no echo either; the timer ends it.
    socket.on('error', () => undefined);
    socket.bind(0, from, () => socket.send('0', port, to));
  });
}

if (import.meta.main) serveTool({ send: (params) => sendOne(paramsSchema.parse(params)) });
