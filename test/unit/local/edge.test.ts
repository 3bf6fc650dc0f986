import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeClient } from '../../../worker/local/client.ts';
import { startEdge } from '../../../worker/local/edge.ts';
import { isAlive } from '../../../worker/local/processes.ts';

/*
 * The host of the Worker on this machine: real workerd, real kills. The Worker is a trivial one where its own doings do not matter.
 */

const SERVE = join(import.meta.dirname, '../../../worker/local/serve.ts');
const ENTRY = `
import { connect } from 'cloudflare:sockets';
import { DurableObject } from 'cloudflare:workers';
export class Fleet extends DurableObject {
  async add(n) {
    const sum = ((await this.ctx.storage.get('sum')) ?? 0) + n;
    await this.ctx.storage.put('sum', sum);
    return sum;
  }
}
export class Vantage extends DurableObject {}
export class Site extends DurableObject {}
const fleet = (env) => env.FLEET.get(env.FLEET.idFromName('x'));
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === '/sum') return Response.json(await fleet(env).add(0));
    if (url.pathname === '/secrets') return Response.json({ given: env.GIVEN_SECRET, lower: env.lower, admin: env.ADMIN_TOKEN, local: env.ALLOW_PRIVATE });
    const socket = connect({ hostname: '127.0.0.1', port: Number(url.searchParams.get('port')) });
    const { value } = await socket.readable.getReader().read();
    return new Response(value);
  },
  async scheduled(_controller, env) { await fleet(env).add(1); },
};
`;

let directory = '';
let entry = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'farwatch-edge-test-'));
  entry = join(directory, 'entry.js');
  writeFileSync(entry, ENTRY);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function start(persist: string, port = 0) {
  const env = { GIVEN_SECRET: 's', lower: 'no', FLEET: 'must not hide the binding' };
  return startEdge({ host: '127.0.0.1', port, persistDir: join(directory, persist), adminToken: 'secret', entry, env });
}

async function listen(): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.end('SSH-2.0-here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => void server.close() };
}

describe('the edge on this machine', () => {
  test('gives the Worker its secrets, its loopback and its cron, and keeps its state', async () => {
    const target = await listen();
    const edge = await start('one');
    const read = async (url: string, path: string) => (await fetch(`${url}${path}`)).text();
    expect(JSON.parse(await read(edge.url, '/secrets'))).toEqual({ given: 's', admin: 'secret', local: 'true' });
    expect(await read(edge.url, `/tcp?port=${target.port}`)).toBe('SSH-2.0-here');
    await expect.poll(() => read(edge.url, '/sum'), { timeout: 5000 }).toBe('1');
    await edge.stop();
    await edge.stop();
    target.close();
    const again = await start('one');
    await expect.poll(() => read(again.url, '/sum'), { timeout: 5000 }).toBe('2');
    await again.stop();
  }, 30_000);

  test('says that a port is busy, and which', async () => {
    const holder = await listen();
    await expect(start('busy', holder.port)).rejects.toThrow(`port ${holder.port} on 127.0.0.1 is busy`);
    holder.close();
    // The directory is free again.
    await (await start('busy')).stop();
  }, 30_000);
});

describe('npm run serve', () => {
  async function serve(persist: string, port: number): Promise<{ child: ChildProcess; url: string; workerd: number }> {
    const child = spawn(process.execPath, [SERVE, '--port', String(port), '--persist', persist], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout === null) throw new Error('no stdout');
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^Ready: (\S+)$/.exec(line)?.[1];
      if (url !== undefined) return { child, url, workerd: Number(readFileSync(join(persist, 'workerd.pid'), 'utf8')) };
    }
    throw new Error('it was never ready');
  }

  const tokenOf = (persist: string) => readFileSync(join(persist, 'admin-token'), 'utf8').trim();
  const FLEET = '[fleet]\nname = "kept"\n';

  test('kill -9 leaves no runtime behind, frees the port and loses nothing; SIGTERM ends cleanly', async () => {
    const persist = join(directory, 'killed');
    const first = await serve(persist, 0);
    const client = edgeClient(first.url, tokenOf(persist));
    expect(await client.putFleet(FLEET, 'toml', { dryRun: false })).toMatchObject({ ok: true, version: 1 });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await serve(persist, Number(new URL(first.url).port));
    expect(isAlive(first.workerd)).toBe(false);
    expect((await edgeClient(second.url, tokenOf(persist)).status()).fleet).toEqual({ name: 'kept', version: 1 });
    second.child.kill('SIGTERM');
    const [code] = await once(second.child, 'exit');
    expect(code).toBe(0);
    expect(isAlive(second.workerd)).toBe(false);
  }, 60_000);

  test('a killed runtime is started again, on the same port with the same state', async () => {
    const persist = join(directory, 'crashed');
    const { child, url, workerd } = await serve(persist, 0);
    const client = edgeClient(url, tokenOf(persist));
    await client.putFleet(FLEET, 'toml', { dryRun: false });
    process.kill(workerd, 'SIGKILL');
    await expect
      .poll(
        () =>
          client.status().then(
            ({ fleet }) => fleet.name,
            () => null,
          ),
        { timeout: 15_000 },
      )
      .toBe('kept');
    child.kill('SIGTERM');
    await once(child, 'exit');
  }, 60_000);
});
