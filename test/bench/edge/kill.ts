import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { startEdge } from '../../../worker/local/edge.ts';
import { until } from './crowd.ts';
import { Edge } from './edge.ts';
import { Ledger, memorySchema } from './ledger.ts';
import { type Answer, Poller } from './poller.ts';

const ADMIN_TOKEN = 'kill-admin-token';
const SITES = 100;
/** So often a site is pinned: who changes more often is told together (a summary each ten minutes). */
const PINS_A_SITE = 5;
const ROUTERS = 4;
const versionsSchema = z.object({ versions: z.array(z.object({ version: z.int(), note: z.string() })) });
/** Sites without routers must not go offline in the middle and fill the timeline. */
const LEASE_S = 86_400;
/** After a restart a site tries again within this. */
const NEWS_TAKE_MS = 4000;
/** Between two kills, at random. */
const LIFE_MS = [150, 1800] as const;

export interface Killed {
  kills: number;
  acknowledged: number;
  messages: number;
  wrong: string[];
}

/**
 * Kills workerd (SIGKILL) at random moments while people pin, plan maintenance and put fleet files, routers poll, a server comes and goes, and a channel is
 * told of it all. After each restart whatever was acknowledged must be there, once.
 */
export async function killMany(kills: number, random: () => number, say: (text: string) => void): Promise<Killed> {
  const scene = new Scene();
  try {
    await scene.open();
    const wrong: string[] = [];
    for (let kill = 1; kill <= kills && wrong.length === 0; kill++) {
      await pause(LIFE_MS[0] + random() * (LIFE_MS[1] - LIFE_MS[0]));
      await scene.kill();
      wrong.push(...(await scene.audit()));
      if (kill % 10 === 0) say(`${kill} kills, ${scene.ledger.acknowledged} acknowledged facts`);
    }
    await scene.calm();
    wrong.push(...(await scene.audit()));
    await until(() => scene.ledger.undelivered().length === 0, 60_000, `all is told: ${scene.ledger.undelivered().slice(0, 3)}`);
    wrong.push(...scene.ledger.auditMessages(), ...scene.wrong);
    if (wrong.length > 0) say(await scene.timeline());
    return { kills, acknowledged: scene.ledger.acknowledged, messages: scene.messages, wrong };
  } finally {
    await scene.close();
  }
}

class Scene {
  readonly ledger = new Ledger();
  readonly wrong: string[] = [];
  messages = 0;
  private readonly directory = mkdtempSync(join(tmpdir(), 'farwatch-kill-'));
  private readonly closers: (() => Promise<void> | void)[] = [];
  private readonly pollers: Poller[] = [];
  private edge = new Edge('');
  private ports = { steady: 0, flapping: 0, hook: 0 };
  private busy = true;
  private count = 0;

  async open(): Promise<void> {
    const steady = await listening(0);
    const flapping = await listening(0);
    this.closers.push(() => void steady.close());
    this.ports = { steady: portOf(steady), flapping: portOf(flapping), hook: await this.channel() };
    const probe = await listening(0);
    const port = portOf(probe);
    await closed(probe);
    const started = await startEdge({ host: '127.0.0.1', port, persistDir: this.directory, adminToken: ADMIN_TOKEN });
    this.edge = new Edge(started.url);
    const running: Promise<void>[] = [];
    this.closers.unshift(async () => {
      this.busy = false;
      for (const poller of this.pollers) poller.stop();
      this.edge.close();
      await started.stop();
      await Promise.all(running);
    });
    await this.put('first');
    for (let i = 0; i < ROUTERS; i++) await this.router(`s${i}`);
    running.push(...this.pollers.map((one) => one.run()));
    await until(() => this.pollers.every(({ applied }) => applied > 0), 60_000, 'every router has its first directive');
    // Those of the others would push what is acknowledged meanwhile out of what the timeline shows.
    const begun = async () => (await this.read('/api/v1/status', memorySchema)).sites.every(({ epoch }) => epoch > 0);
    await until(begun, 60_000, 'every site has its first directive');
    running.push(this.pin(), this.maintain(), this.putMany(), this.flap(flapping));
  }

  /** Ends workerd as the kernel would; the host starts it again. */
  async kill(): Promise<void> {
    process.kill(Number(readFileSync(join(this.directory, 'workerd.pid'), 'utf8').trim().split(' ')[0]), 'SIGKILL');
    await until(async () => (await this.get('/health')).status === 200, 30_000, 'the edge is back');
  }

  /** People and servers come to rest. */
  async calm(): Promise<void> {
    this.busy = false;
    // What is under way comes to its end; the sites' news reach the Fleet.
    await pause(NEWS_TAKE_MS);
  }

  async audit(): Promise<string[]> {
    // What is acknowledged while we look need not be seen yet.
    const due = this.ledger.due();
    const versions = await this.read('/admin/v1/fleet/versions', versionsSchema);
    const lost = this.ledger.auditVersions(due, versions.versions);
    if (this.ledger.audit(due, await this.read('/api/v1/status', memorySchema)).length === 0) return lost;
    // A site's news may be on their way: it keeps them until the Fleet took them.
    await pause(NEWS_TAKE_MS);
    return [...this.ledger.audit(due, await this.read('/api/v1/status', memorySchema)), ...lost];
  }

  /** What the edge says, once it does: just after a restart a request may find it not yet ready. */
  private async read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    let answer: Answer | null = null;
    await until(
      async () => {
        answer = await this.edge.send('GET', path, { token: ADMIN_TOKEN });
        return answer.status === 200;
      },
      30_000,
      `${path} is answered`,
    );
    return schema.parse(JSON.parse((answer as Answer | null)?.body ?? ''));
  }

  /** What kinds of entries the timeline shows, for whoever looks for the reason of what is missing. */
  async timeline(): Promise<string> {
    const { timeline } = await this.read('/api/v1/status', memorySchema);
    const kinds = Object.entries(Object.groupBy(timeline, ({ kind }) => kind)).map(([kind, rows]) => `${rows?.length} ${kind}`);
    return `the timeline shows ${kinds.join(', ')}, since ${timeline.at(-1)?.at}`;
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get(path: string): Promise<Answer> {
    return this.edge.send('GET', path);
  }

  private admin(method: string, path: string, json?: unknown): Promise<Answer> {
    return this.edge.send(method, `/admin/v1${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
  }

  private async put(note: string): Promise<void> {
    const { steady, flapping, hook } = this.ports;
    const server = (id: string, priority: number, port: number) => ({ id, priority, address: '127.0.0.1', check: [{ kind: 'tcp', port }] });
    const answer = await this.admin('PUT', `/fleet?note=${note}`, {
      fleet: { name: note, plan: 'paid' },
      probing: { interval_s: 1, fast_interval_ms: 200, timeout_ms: 300, fall: 2, rise: 1 },
      vantage: [{ id: 'weur', region: 'weur' }],
      server: [server('a', 200, steady), server('b', 100, steady), server('c', 50, flapping)],
      site: Array.from({ length: SITES }, (_, i) => ({ id: `s${i}`, servers: ['a', 'b'], lease_s: LEASE_S })),
      notify: [{ url: `json://127.0.0.1:${hook}/`, events: ['switch', 'failback', 'incident.opened', 'incident.closed'] }],
    });
    if (answer.status !== 200) return;
    this.ledger.acknowledgeVersion(z.object({ version: z.int() }).parse(JSON.parse(answer.body)).version, note);
  }

  private async router(site: string): Promise<void> {
    const { body } = await this.admin('POST', `/sites/${site}/tokens`, {});
    const { token } = z.object({ token: z.string() }).parse(JSON.parse(body));
    const poller = new Poller(this.edge, site, token, ({ epoch }) => {
      const wrong = this.ledger.told(site, epoch);
      if (wrong !== null) this.wrong.push(wrong);
    });
    poller.paths = ['a', 'b'].map((server) => ({ server, alive: true, rttMs: 20, loss: 0 }));
    this.pollers.push(poller);
  }

  private async pin(): Promise<void> {
    for (let pin = 0; this.busy && pin < PINS_A_SITE * SITES; pin++) {
      const until = this.moment();
      const server = Math.floor(pin / SITES) % 2 === 0 ? 'b' : 'a';
      const at = new Date().toISOString();
      const answer = await this.admin('POST', `/sites/s${pin % SITES}/pin`, { server, until });
      if (answer.status < 300 && answer.status > 0) this.ledger.acknowledge(until, at);
      await pause(100);
    }
  }

  private async maintain(): Promise<void> {
    while (this.busy) {
      const until = this.moment();
      const at = new Date().toISOString();
      const answer = await this.admin('POST', '/servers/c/maintenance', { from: new Date(Date.parse(until) - 1000).toISOString(), until });
      if (answer.status < 300 && answer.status > 0) this.ledger.acknowledge(`until ${until}`, at);
      await pause(170);
    }
  }

  private async putMany(): Promise<void> {
    for (let i = 0; this.busy; i++) {
      await this.put(`n${i}`);
      await pause(400);
    }
  }

  private async flap(server: Server): Promise<void> {
    let current = server;
    while (this.busy) {
      await pause(1500);
      await closed(current);
      await pause(1500);
      current = await listening(this.ports.flapping);
    }
    await closed(current);
  }

  /** A moment of its own, in a far year, by which one fact is told from all others. */
  private moment(): string {
    this.count++;
    return new Date(Date.UTC(2090, 0, 1) + this.count * 60_000).toISOString();
  }

  private async channel(): Promise<number> {
    const schema = z.object({ id: z.string(), events: z.array(z.object({ id: z.string() })) });
    const server = createHttpServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { id, events } = schema.parse(JSON.parse(Buffer.concat(chunks).toString()));
      this.messages++;
      this.ledger.message(id, events);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.closers.push(() => void server.close());
    return portOf(server);
  }
}

async function listening(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function closed(server: Server): Promise<void> {
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
