import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { edgeClient } from '../../../worker/local/client.ts';
import { startEdge } from '../../../worker/local/edge.ts';
import { openFilesLimit } from '../../../worker/local/open-files.ts';
import { Edge } from './edge.ts';
import type { Routers } from './inside/protocol.ts';
import { playInside } from './inside/routers.ts';
import { type News, Poller, type Router } from './poller.ts';

const ADMIN_TOKEN = 'bench-admin-token';
/** Between two looks at the whole picture: with thousands of sites it is megabytes, and reading it must not be what is measured. */
const LOOK_EVERY_MS = 500;
/** The runtime puts an object to sleep that was idle for 10 s, where it does not stay awake: when something happens they all sleep. */
export const REST_MS = 12_000;
/** So many requests at a time while things are set up. */
const LANES = 32;

/** While it is awake: a database of three files. */
const FILES_A_SITE = 3;
/** The runtime opens the socket of a request twice. */
const FILES_A_POLL = 2;
const OTHER_FILES = 500;
const INSIDE = fileURLToPath(new URL('inside/worker.ts', import.meta.url));

export interface Gathering {
  sites: number;
  /** All use the first; `a` and `b` are enough for most. */
  servers: readonly string[];
  /** Whether the sites' objects stay in memory when they are idle, as where the system allows them enough files; or sleep, as they do elsewhere. */
  awake: boolean;
}

/** The real edge on this machine, with a fleet of many sites whose routers hold their polls. */
export interface Crowd {
  edge: Edge;
  pollers: readonly Readonly<Router>[];
  /** How many of them poll from inside of the runtime, without sockets. */
  inside: number;
  /** Everything that routers were told so far, in order of arrival. */
  news: News[];
  admin(method: string, path: string, json?: unknown): ReturnType<Edge['send']>;
  /** Puts a fleet of these servers, all of which answer; all sites prefer the first, and each has one of the others as its standby. */
  put(servers: readonly string[], name?: string): Promise<void>;
  /** Resident memory of the runtime, MiB. */
  rssMiB(): number;
  /** Processor time that the runtime has used, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const tokenSchema = z.object({ token: z.string() });

/**
 * Starts it. Resolves when every router holds a poll, knows its first directive, and all has been idle for `REST_MS`. Polls for whose sockets the system has
 * no files left, when all objects are awake, are held from inside of the runtime.
 */
export async function gather({ sites, servers, awake }: Gathering, say: (text: string) => void): Promise<Crowd> {
  const outside = awake ? Math.min(sites, Math.floor((openFilesLimit() - OTHER_FILES - FILES_A_SITE * sites) / FILES_A_POLL)) : sites;
  // Those that sleep later are awake together while they are made.
  const files = FILES_A_SITE * sites + (awake ? 0 : FILES_A_POLL * sites) + OTHER_FILES;
  if (openFilesLimit() < files) throw new Error(`${sites} sites need ${files} open files, and ${openFilesLimit()} are allowed (ulimit -n)`);
  const directory = mkdtempSync(join(tmpdir(), 'farwatch-crowd-'));
  const place = { host: '127.0.0.1', port: 0, persistDir: directory };
  const started = await startEdge({ ...place, adminToken: ADMIN_TOKEN, stayAwake: awake, ...(outside < sites ? { entry: INSIDE } : {}) });
  const edge = new Edge(started.url);
  const vps = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(vps, 'listening');
  const { port } = vps.address() as AddressInfo;
  const news: News[] = [];
  const polling: Poller[] = [];
  const inside: Routers = [];
  const pollers: Router[] = [];
  const running: Promise<void>[] = [];
  let stopInside = (): void => undefined;
  const ids = Array.from({ length: sites }, (_, i) => `site-${i + 1}`);
  const crowd: Crowd = {
    edge,
    pollers,
    inside: sites - outside,
    news,
    admin: (method, path, json) => edge.send(method, `/admin/v1${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) }),
    async put(members, name = 'Crowd') {
      const answer = await edgeClient(started.url, ADMIN_TOKEN).putFleet(fleetText(name, ids, members, port), 'json', { dryRun: false });
      if (!answer.ok) throw new Error(`${answer.reason}: ${JSON.stringify(answer.errors)}`);
    },
    rssMiB: () => rssMiB(pidOf(directory)),
    cpuMs: () => cpuMs(pidOf(directory)),
    async stop() {
      for (const poller of polling) poller.stop();
      stopInside();
      edge.close();
      await started.stop();
      await Promise.all(running);
      vps.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await crowd.put(servers);
    say(`a fleet of ${sites} sites is put`);
    await each(ids, LANES, async (site) => {
      const token = await tokenOf(crowd, site);
      const place = ids.indexOf(site);
      const paths = membersOf(servers, place).map((server) => ({ server, alive: true, rttMs: 20, loss: 0 }));
      if (place >= outside) {
        inside.push({ site, token, paths });
        return;
      }
      const poller = new Poller(edge, site, token, (told) => news.push({ site, ...told }));
      poller.paths = paths;
      polling.push(poller);
    });
    say(`${sites} tokens are made`);
    for (const poller of polling) running.push(poller.run());
    const played = inside.length === 0 ? null : playInside(started.url, inside, (told) => news.push(told));
    stopInside = () => played?.stop();
    pollers.push(...polling, ...(played?.routers ?? []));
    await until(() => pollers.every(({ applied }) => applied > 0), 120_000, 'every router has its first directive');
    await settled(crowd);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    say(`${sites} polls are held, ${sites - outside} of them inside; the runtime has ${Math.round(crowd.rssMiB())} MiB`);
    return crowd;
  } catch (error) {
    await crowd.stop();
    throw error;
  }
}

/** A new site's object may not have heard of the fleet yet. */
async function tokenOf(crowd: Crowd, site: string): Promise<string> {
  const { status, body } = await crowd.admin('POST', `/sites/${site}/tokens`, {});
  if (status !== 201) throw new Error(`no token for ${site}: ${status} ${body}`);
  return tokenSchema.parse(JSON.parse(body)).token;
}

/** Resolves when the Fleet's picture has every site where its router is. */
export async function settled(crowd: Crowd): Promise<void> {
  const schema = z.object({ sites: z.array(z.object({ id: z.string(), applied: z.int().nullable() })) });
  const epochs = () => new Map(crowd.pollers.map(({ site, applied }) => [site, applied]));
  await until(
    async () => {
      const { status, body } = await crowd.edge.send('GET', '/api/v1/status');
      if (status !== 200) return false;
      const wanted = epochs();
      return schema.parse(JSON.parse(body)).sites.every(({ id, applied }) => applied === wanted.get(id));
    },
    120_000,
    'the picture shows where every router is',
    LOOK_EVERY_MS,
  );
}

/** The first server, which all share, and one of the others. */
function membersOf([shared = '', ...others]: readonly string[], place: number): string[] {
  return [shared, others[place % others.length] ?? ''];
}

function fleetText(name: string, sites: readonly string[], servers: readonly string[], port: number): string {
  return JSON.stringify({
    fleet: { name, plan: 'paid' },
    vantage: [{ id: 'weur', region: 'weur' }],
    server: servers.map((id, i) => ({ id, address: '127.0.0.1', priority: Math.max(1, 254 - i), check: [{ kind: 'tcp', port }] })),
    site: sites.map((id, place) => ({ id, servers: membersOf(servers, place) })),
  });
}

export async function each<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** @throws when it does not become true in time */
export async function until(holds: () => boolean | Promise<boolean>, withinMs: number, what: string, everyMs = 20): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function pidOf(directory: string): number {
  return Number(readFileSync(join(directory, 'workerd.pid'), 'utf8').trim().split(' ')[0]);
}

/** Fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function rssMiB(pid: number): number {
  const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * 4096) / 2 ** 20;
}

/** @param share 0–1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
