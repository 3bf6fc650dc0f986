import { connect, type Socket } from 'node:net';
import * as z from 'zod';
import { CLIENTS, TARGET } from './family.ts';
import { longestGap } from './gap.ts';
import { ECHO_PORT } from './ports.ts';
import { nowMs, serveTool } from './tool.ts';

/** One byte each so many milliseconds: a silence is measured to about this much. */
const EVERY_MS = 20;
const RECONNECT_MS = 20;

/*
 * A program that talks all the time over one TCP connection and connects again as soon as it learns that this one is over: how long it is silent is
 * how long its user waits. It gives no connection up by itself.
 */

let socket: Socket;
let via: string | null = null;
const arrivals: number[] = [];

function open(): void {
  let seen: string | null = null;
  const mine = connect({ host: TARGET, port: ECHO_PORT, localAddress: CLIENTS[0], noDelay: true });
  mine.on('data', (chunk) => {
    if (seen === null) {
      seen = chunk.toString().split('\n')[0] ?? null;
      return;
    }
    arrivals.push(nowMs());
    via = seen;
  });
  // What went wrong does not matter: it connects again.
  mine.on('error', () => undefined);
  mine.on('close', () => setTimeout(open, RECONNECT_MS));
  socket = mine;
}

export const talkSchema = z.object({
  /** The longest silence since the asked time, in milliseconds. */
  gapMs: z.number(),
  /** The client's address as the host saw it on the connection that spoke last. */
  via: z.string().nullable(),
});
export type Talk = z.infer<typeof talkSchema>;

if (import.meta.main) {
  open();
  setInterval(() => {
    // What a full buffer cannot take is not sent: a dead connection must not grow.
    if (!socket.connecting && socket.writable && !socket.writableNeedDrain) socket.write('.');
  }, EVERY_MS);
  serveTool({
    renew: () => {
      via = null;
      socket.destroy();
    },
    talk: (params) => {
      const { fromMs } = z.object({ fromMs: z.number() }).parse(params);
      return { gapMs: longestGap(arrivals, fromMs, nowMs()).ms, via };
    },
  });
}
