import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../worker/local/ports.ts';

/*
 * A stranger's edge: `serve` as its users start it, two servers on loopback that really answer, and plain HTTP. Nothing here knows the edge's code.
 */

const SERVE = join(import.meta.dirname, '../../../worker/local/serve.ts');

export interface Ask {
  method?: string;
  token?: string;
  json?: unknown;
  body?: string;
  type?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** How long it took, in milliseconds. */
  ms: number;
  /** The body, taken for what the contract says that it is. */
  json<T = unknown>(): T;
}

export class StrangersEdge {
  readonly directory = mkdtempSync(join(tmpdir(), 'farwatch-contract-'));
  readonly tokenFile = join(this.directory, 'admin-token');
  readonly fleetFile = join(this.directory, 'fleet.json');
  private port = 0;
  private servers: Server[] = [];
  private process: ChildProcess | null = null;

  /** With a fleet of the servers `a` and `b`, which listen, and the sites `home` and `lab`. */
  static async start(): Promise<StrangersEdge> {
    const edge = new StrangersEdge();
    const [port = 0, a = 0, b = 0] = await freePorts(3);
    edge.port = port;
    edge.servers = [a, b].map((at) => createServer((socket) => socket.on('error', () => undefined).end()).listen(at, '127.0.0.1'));
    await Promise.all(edge.servers.map((server) => once(server, 'listening')));
    writeFileSync(edge.fleetFile, JSON.stringify(fleetOf(a, b)));
    await edge.open(['--fleet', edge.fleetFile]);
    return edge;
  }

  get admin(): string {
    return readFileSync(this.tokenFile, 'utf8').trim();
  }

  /** Starts `serve`; what it said until it was ready. */
  async open(args: string[] = []): Promise<string> {
    const own = ['--port', String(this.port), '--persist', join(this.directory, 'state'), '--admin-token-file', this.tokenFile];
    const child = spawn(process.execPath, [SERVE, ...own, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    let said = '';
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk;
        if (said.includes('Ready: ')) resolve(said);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
    });
  }

  /** Ends `serve`; its exit code, or null when the signal ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.process;
    if (child === null || child.exitCode !== null) return null;
    const ended = once(child, 'exit');
    child.kill(signal);
    return (await ended)[0];
  }

  async dispose(): Promise<void> {
    await this.end('SIGTERM');
    for (const server of this.servers) server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async ask(path: string, { method = 'GET', token, json, type, headers = {}, ...rest }: Ask = {}): Promise<Answer> {
    const body = json === undefined ? rest.body : JSON.stringify(json);
    const sent = new Headers(headers);
    if (token !== undefined) sent.set('authorization', `Bearer ${token}`);
    if (type !== undefined || json !== undefined) sent.set('content-type', type ?? 'application/json');
    const begun = performance.now();
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers: sent, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, ms: performance.now() - begun, json: () => JSON.parse(text) };
  }

  /** As the administrator, under `/admin/v1`; POST where there is a body. */
  control(path: string, json?: unknown, more: Ask = {}): Promise<Answer> {
    return this.ask(`/admin/v1${path}`, { token: this.admin, ...(json === undefined ? {} : { method: 'POST', json }), ...more });
  }

  async newToken(owner: string): Promise<{ id: string; token: string }> {
    return (await this.control(`${owner}/tokens`, {})).json();
  }

  /** Asks again until it is so; throws after ten seconds. */
  async until(path: string, isSo: (answer: Answer) => boolean): Promise<Answer> {
    for (const begun = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const answer = await this.ask(path);
      if (isSo(answer)) return answer;
      if (Date.now() - begun > 10_000) throw new Error(`${path} is still ${answer.text}`);
    }
  }
}

/** Looks every half second. */
function fleetOf(a: number, b: number) {
  const server = (id: string, name: string, priority: number, region: string, port: number) => ({
    id,
    name,
    address: '127.0.0.1',
    region,
    priority,
    check: [{ kind: 'tcp', port }],
  });
  return {
    fleet: { name: 'A stranger', plan: 'paid' },
    probing: { interval_s: 1, fast_interval_ms: 200, timeout_ms: 500 },
    vantage: [{ id: 'weur', region: 'weur' }],
    server: [server('a', 'Alpha <b>', 200, 'weur', a), server('b', 'Beta', 100, 'enam', b)],
    site: ['home', 'lab'].map((id) => ({ id, servers: ['a', 'b'] })),
  };
}
