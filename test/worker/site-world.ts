import { runInDurableObject } from 'cloudflare:test';
import { env as bindings, exports } from 'cloudflare:workers';
import type { SiteState } from '../../worker/engine/site.ts';
import type { SiteRules } from '../../worker/engine/types.ts';
import { type Env, siteOf } from '../../worker/env.ts';
import type { ServerHealth, SiteSnapshot } from '../../worker/objects/contract.ts';
import type { Directive } from '../../worker/protocol/directive.ts';
import type { Health } from '../../worker/protocol/health.ts';
import type { Report } from '../../worker/protocol/report.ts';

export const env = bindings as unknown as Env;

const BASE = 'https://edge.test';

export function rulesOf(id: string, more: Partial<SiteRules> = {}): SiteRules {
  return {
    id,
    servers: [
      { id: 'a', priority: 200, weight: 100 },
      { id: 'b', priority: 100, weight: 100 },
    ],
    policy: 'priority',
    preempt: true,
    preemptDelayMs: 60_000,
    failbackStages: [10, 50, 100],
    stageSoakMs: 60_000,
    trustOutside: false,
    leaseMs: 180_000,
    intervalMs: 10_000,
    damping: { halfLifeMs: 300_000, maxMs: 900_000 },
    drillDurationMs: 60_000,
    ...more,
  };
}

export function healthOf(health: Health, more: Partial<ServerHealth> = {}): ServerHealth {
  return { health, sinceMs: 0, why: `said to be ${health}`, resignedAtMs: null, ...more };
}

export function snapshotOf(id: string, revision: number, a: ServerHealth, b: ServerHealth, rules: Partial<SiteRules> = {}): SiteSnapshot {
  return { revision, site: { name: id, rules: rulesOf(id, rules), drill: null }, health: { a, b } };
}

/** The stub as the test helpers want it. */
export function stubOf(id: string): DurableObjectStub {
  return env.SITE.get(env.SITE.idFromName(`site/${id}`));
}

let sites = 0;

/** A site of its own for one test. */
export class SiteWorld {
  readonly id = `site-${++sites}`;
  token = '';
  tokenId = '';
  private revision = 0;
  private seq = 0;

  /** Taken anew each time: a stub does not survive the abort of its object. */
  get rpc(): ReturnType<typeof siteOf> {
    return siteOf(env, this.id);
  }

  static async start(rules: Partial<SiteRules> = {}): Promise<SiteWorld> {
    const world = new SiteWorld();
    await world.outside('up', 'up', rules);
    await world.newToken();
    return world;
  }

  /** With the router's first report, both paths alive, and the first directive (`a` at 100) applied. */
  static async running(rules: Partial<SiteRules> = {}): Promise<SiteWorld> {
    const world = await SiteWorld.start(rules);
    const first = await directiveIn(await world.poll({}, { hold: 0 }));
    await world.poll({ applied: first.epoch }, { hold: 0 });
    return world;
  }

  async outside(a: Health, b: Health, rules: Partial<SiteRules> = {}): Promise<void> {
    await this.rpc.assume(snapshotOf(this.id, ++this.revision, healthOf(a), healthOf(b), rules));
  }

  /** `crowd`: so many sites are told of it. */
  async resign(server: 'a' | 'b', atMs: number, crowd = 1): Promise<void> {
    const [a, b] = [healthOf('up'), healthOf('up')];
    (server === 'a' ? a : b).resignedAtMs = atMs;
    await this.rpc.assume(snapshotOf(this.id, ++this.revision, a, b), crowd);
  }

  async leaveFleet(): Promise<void> {
    await this.rpc.assume({ revision: ++this.revision, site: null, health: {} });
  }

  async newToken(): Promise<void> {
    const outcome = await this.rpc.createToken();
    if (!outcome.ok) throw new Error(outcome.reason);
    this.token = outcome.value.token;
    this.tokenId = outcome.value.id;
  }

  report(more: Partial<Report> = {}): Report {
    const paths = [
      { server: 'a', wan: 'wan1', alive: true, rttMs: 20, loss: 0 },
      { server: 'b', wan: 'wan1', alive: true, rttMs: 30, loss: 0 },
    ];
    this.seq = more.seq ?? this.seq + 1;
    return { site: this.id, instance: 'agent-1', version: '0.1.0', seq: this.seq, applied: 0, paths, ...more };
  }

  poll(more: Partial<Report> = {}, options: { hold?: number; token?: string } = {}): Promise<Response> {
    return this.send(this.report(more), options);
  }

  /** A poll that the site is known to hold. */
  async heldPoll(more: Partial<Report> = {}, hold = 20_000): Promise<{ answer: Promise<Response> }> {
    const report = this.report(more);
    const answer = this.send(report, { hold });
    await until(async () => (await this.waiting()).some(({ seq }) => seq === report.seq));
    return { answer };
  }

  private send(report: Report, options: { hold?: number; token?: string }): Promise<Response> {
    const query = options.hold === undefined ? '' : `?hold_ms=${options.hold}`;
    return send('POST', `/agent/v1/poll${query}`, { token: options.token ?? this.token, json: report });
  }

  /** Reports of the polls that wait now. */
  async waiting(): Promise<Report[]> {
    return runInDurableObject(stubOf(this.id), (_, state) =>
      state
        .getWebSockets()
        .filter((socket) => socket.readyState === WebSocket.OPEN)
        .map((socket) => JSON.parse(new TextDecoder().decode(socket.deserializeAttachment())))
        .flatMap((note) => (note.waiting && note.heard !== null ? [note.heard.report as Report] : [])),
    );
  }

  /** The judge's state, as its row has it. */
  async judge(): Promise<SiteState> {
    const [row] = await this.rows<{ json: string }>("SELECT json FROM fact WHERE key = 'state'");
    if (row === undefined) throw new Error('the site has no state yet');
    return JSON.parse(row.json) as SiteState;
  }

  /** Rows of a query on the site's storage. */
  async rows<T extends Record<string, SqlStorageValue>>(query: string): Promise<T[]> {
    return runInDurableObject(stubOf(this.id), (_, state) => state.storage.sql.exec<T>(query).toArray());
  }
}

export function send(
  method: string,
  path: string,
  request: { token?: string; json?: unknown; body?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const headers = new Headers(request.headers);
  if (request.token !== undefined) headers.set('authorization', `Bearer ${request.token}`);
  if (request.json !== undefined) headers.set('content-type', 'application/json');
  if (request.type !== undefined) headers.set('content-type', request.type);
  const body = request.json === undefined ? request.body : JSON.stringify(request.json);
  const worker = exports as unknown as { default: Fetcher };
  return worker.default.fetch(`${BASE}${path}`, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
}

export async function directiveIn(response: Response): Promise<Directive> {
  if (response.status !== 200) throw new Error(`no directive but ${response.status}: ${await response.text()}`);
  return response.json<Directive>();
}

/** Waits for a condition, not for a time; gives up loudly. */
export async function until(condition: () => Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`the condition did not come true within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
