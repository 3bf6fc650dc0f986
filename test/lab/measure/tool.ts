import { createInterface } from 'node:readline';
import type * as z from 'zod';
import { type Daemon, start } from '../processes.ts';

/*
 * A measuring tool is a process of its own inside a namespace, so that its clock of 10 ms is disturbed by nothing else. It is asked by JSON
 * Lines: `{"id":1,"method":"open","params":{…}}` on stdin, `{"id":1,"result":…}` on stdout. All times are milliseconds of `nowMs()`, which
 * the processes of one machine share.
 */

/** Milliseconds since 1970 with fractions, monotonic within a process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

type Handler = (params: unknown) => unknown;

/** The tool's side: answers requests on stdin until it ends. */
export function serveTool(handlers: Record<string, Handler>): void {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, method, params } = JSON.parse(line);
    const handler = handlers[method];
    const answer = handler ? { id, result: (await handler(params)) ?? null } : { id, error: `no method ${method}` };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  });
  process.stdin.on('close', () => process.exit(0));
}

/** The lab's side of one tool. */
export interface Tool {
  daemon: Daemon;
  /** Asks, and parses the answer. Throws when the tool refuses or has died. */
  ask<T>(method: string, schema: z.ZodType<T>, params?: unknown): Promise<T>;
}

/** Starts `measure/<file>` in a namespace. */
export function startTool(name: string, namespace: string, file: string, ...args: string[]): Tool {
  const argv = [process.execPath, new URL(file, import.meta.url).pathname, ...args];
  const daemon = start(`measure-${name}`, namespace, argv, { readsStdout: true });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  createInterface({ input: daemon.child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waiter?.resolve(result);
    else waiter?.reject(new Error(`${name}: ${error}`));
  });
  void daemon.exited.then((how) => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended: ${how}\n${daemon.log()}`));
  });
  let lastId = 0;
  return {
    daemon,
    async ask(method, schema, params) {
      const id = ++lastId;
      const answer = await new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        daemon.child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
      });
      return schema.parse(answer);
    },
  };
}
