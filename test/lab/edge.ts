import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { type SiteStatus, type Status, statusSchema } from '../../worker/protocol/status.ts';
import { BANNER_PORT } from './measure/vps-host.ts';
import { stepBack } from './priority.ts';
import { type Daemon, killAllIn, LAB_DIR, start, waitFor } from './processes.ts';
import { EDGE_ADDRESS, EDGE_PORT, type SERVERS, VPS_ADDRESS } from './topology.ts';

const URL_BASE = `http://${EDGE_ADDRESS}:${EDGE_PORT}`;
const ADMIN_TOKEN = 'lab-admin-token-0123456789abcdef0123456789';
const SERVE = fileURLToPath(new URL('../../worker/local/serve.ts', import.meta.url));
export const SITE = 'home';
/** Of one request: the edge gives way to everything that is measured. */
const ANSWER_MS = 10_000;

/** What the scenarios may change of the fleet; the rest is as a user would have it, only with a quicker return. */
export interface FleetOptions {
  preemptDelayS: number;
  soakS: number;
  /** How long an agent may be silent; without it the default. */
  leaseS?: number;
}

/**
 * Two VPSs, a preferred. Probing and the way back are quicker than by default, so that a trial takes seconds; what decides how long the client
 * is without service – the agent's heartbeats – stays at its defaults.
 */
function fleetFile({ preemptDelayS, soakS, leaseS }: FleetOptions): string {
  const server = (id: (typeof SERVERS)[number], priority: number) => `
[[server]]
id = "${id}"
name = "VPS ${id}"
address = "${VPS_ADDRESS[id]}"
region = "lab-${id}"
priority = ${priority}
  [[server.check]]
  kind = "banner"
  port = ${BANNER_PORT}
`;
  const vantage = (region: string) => `
[[vantage]]
id = "${region}"
region = "${region}"
`;
  return `[fleet]
name = "lab"
plan = "paid"
[probing]
interval_s = 1
fast_interval_ms = 300
timeout_ms = 500
${['weur', 'enam', 'apac'].map(vantage).join('')}${server('a', 200)}${server('b', 100)}
[[site]]
id = "${SITE}"
servers = ["a", "b"]
preempt_delay_s = ${preemptDelayS}
stage_soak_s = ${soakS}
${leaseS === undefined ? '' : `lease_s = ${leaseS}`}
  [site.damping]
  half_life_s = 1
  max_s = ${preemptDelayS}
`;
}

export interface Edge {
  url: string;
  /** True while its process runs. */
  running(): boolean;
  log(): string;
  status(): Promise<Status>;
  site(): Promise<SiteStatus>;
  /** A new bearer token for the site's agent. */
  createToken(): Promise<string>;
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  /** kill -9 of everything in the edge's namespace: Node, and workerd, which would survive it. */
  kill(): Promise<void>;
  /** Starts it again on its persisted state. */
  restart(): Promise<void>;
}

/** Starts the edge in its namespace and waits until it answers. */
export async function startEdge(options: FleetOptions): Promise<Edge> {
  const files = writeFiles(options);
  let daemon = await launch(files);
  return {
    url: URL_BASE,
    running: () => daemon.running(),
    log: () => daemon.log(),
    status: readStatus,
    site: readSite,
    createToken: async () => z.object({ token: z.string() }).parse(await admin('POST', `/admin/v1/sites/${SITE}/tokens`, {})).token,
    admin,
    async kill() {
      await killAllIn('edge');
      await daemon.exited;
    },
    async restart() {
      daemon = await launch(files);
    },
  };
}

interface Files {
  fleet: string;
  adminToken: string;
  persist: string;
  temporary: string;
}

function writeFiles(options: FleetOptions): Files {
  const directory = `${LAB_DIR}/edge`;
  const files = {
    fleet: `${directory}/fleet.toml`,
    adminToken: `${directory}/admin-token`,
    persist: `${directory}/state`,
    temporary: `${directory}/tmp`,
  };
  mkdirSync(files.persist, { recursive: true });
  mkdirSync(files.temporary, { recursive: true });
  writeFileSync(files.fleet, fleetFile(options));
  writeFileSync(files.adminToken, `${ADMIN_TOKEN}\n`, { mode: 0o600 });
  return files;
}

async function launch(files: Files): Promise<Daemon> {
  const options = [
    '--host',
    '0.0.0.0',
    '--port',
    `${EDGE_PORT}`,
    '--persist',
    files.persist,
    '--fleet',
    files.fleet,
    '--admin-token-file',
    files.adminToken,
  ];
  // Miniflare leaves temporary files behind when it is killed: they go where the lab's own end takes them along.
  const daemon = start('edge', 'edge', stepBack([process.execPath, SERVE, ...options]), { env: { TMPDIR: files.temporary } });
  await waitFor('the edge to answer', () => (daemon.running() ? readSite() : Promise.reject(new Error(`it ended: ${daemon.log()}`))), {
    everyMs: 50,
  });
  return daemon;
}

async function readStatus(): Promise<Status> {
  const response = await fetch(`${URL_BASE}/api/v1/status`, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`GET /api/v1/status: ${response.status} ${await response.text()}`);
  return statusSchema.parse(await response.json());
}

async function readSite(): Promise<SiteStatus> {
  const site = (await readStatus()).sites.find(({ id }) => id === SITE);
  if (!site) throw new Error(`the status names no site ${SITE}`);
  return site;
}

async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${URL_BASE}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}
