import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type MiniflareOptions } from 'miniflare';
import * as z from 'zod/mini';
import { bundleWorker } from './bundle.ts';
import { type Deployment, ROOT, readDeployment } from './deployment.ts';
import { StartFailure } from './failure.ts';
import { openFilesLimit } from './open-files.ts';
import { takeOwnership } from './owner.ts';

/** Cron's finest step: the watchdog's period. */
const CRON_EVERY_MS = 60_000;

/** Five for each of the 10,000 sites that a fleet may have, and some. */
const FILES_OF_ALL_AWAKE = 60_000;

export interface EdgeOptions {
  /** Address to listen on; `0.0.0.0` for all. */
  host: string;
  /** 0: any free one (see the URL). */
  port: number;
  /** Where the objects' databases live; made if it is not there. Belongs to one edge at a time. */
  persistDir: string;
  /** The administrator's bearer token (the Worker secret ADMIN_TOKEN). */
  adminToken: string;
  /** Secrets that the fleet file may name as `${NAME}`. */
  env?: Record<string, string | undefined>;
  /** Gets what the Worker and the runtime print, line by line. */
  log?: (line: string) => void;
  /** Another Worker than the one of wrangler.toml: for tests of this host alone. */
  entry?: string;
  /** Whether idle objects stay in memory; without it, where the system allows all their files. */
  stayAwake?: boolean;
}

export interface Edge {
  /** Without a slash at the end; reachable from this machine. */
  url: string;
  /** Ends everything; no process is left. May be called again. */
  stop(): Promise<void>;
}

/**
 * Runs the Worker of wrangler.toml on this machine, on the runtime that Cloudflare runs (workerd), with its state on disk. Loopback and private
 * addresses may be watched. Throws StartFailure for what the user can put right: a busy port, a state directory in use.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const persistDir = resolve(options.persistDir);
  const ownership = await takeOwnership(persistDir);
  try {
    const { miniflare, url, stopCron } = await launch({ ...options, persistDir }, ownership.workerdPidFile);
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      stopCron();
      await miniflare.dispose();
      ownership.release();
    };
    return {
      url,
      stop() {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    ownership.release();
    throw error;
  }
}

async function launch(options: EdgeOptions, workerdPidFile: string) {
  const deployment = readDeployment();
  const script = await bundleWorker(options.entry ?? deployment.entry);
  bindLife(workerdPidFile);
  const miniflare = withoutSignalHandlers(() => new Miniflare(miniflareOptions(options, deployment, script)));
  try {
    const ready = await miniflare.ready;
    return { miniflare, url: reachable(options.host, ready), stopCron: startCron(miniflare, deployment, options.log) };
  } catch (error) {
    // It fails with the same error again, after it has stopped what it had started.
    const [again] = await Promise.allSettled([miniflare.dispose()]);
    if (again.status === 'rejected' && String(again.reason) !== String(error)) options.log?.(`error: while stopping: ${again.reason}`);
    throw startFailure(error, options);
  }
}

/** Miniflare would end the process at SIGINT and SIGTERM, in the middle of our own orderly end: whoever calls us decides about signals. */
function withoutSignalHandlers<T>(create: () => T): T {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const ours = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  const created = create();
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) if (!ours.get(signal)?.includes(listener)) process.off(signal, listener);
  }
  return created;
}

/** Miniflare starts workerd through our script, which binds its life to ours. Without it (no exec bit) the pid file is missing, no more. */
function bindLife(workerdPidFile: string): void {
  const script = `${ROOT}worker/local/workerd.sh`;
  try {
    accessSync(script, constants.X_OK);
  } catch (cause) {
    throw new Error(`${script} must be executable`, { cause });
  }
  process.env.FARWATCH_WORKERD = workerdPath();
  process.env.FARWATCH_WORKERD_PID = workerdPidFile;
  process.env.MINIFLARE_WORKERD_PATH = script;
}

/** The program that Miniflare would start: the `workerd` that it depends on (a CommonJS package; its default export is the path). */
function workerdPath(): string {
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  return z.object({ default: z.string() }).parse(fromMiniflare('workerd')).default;
}

function miniflareOptions(options: EdgeOptions, deployment: Deployment, script: string): MiniflareOptions {
  const log = options.log ?? (() => undefined);
  return convertV4MiniflareOptions({
    host: options.host,
    port: options.port,
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    log: new LineLog(log),
    handleStructuredLogs: ({ level, message }) => log(`${level}: ${message}`),
    resourcePersistencePath: join(options.persistDir, 'objects'),
    name: 'farwatch',
    modules: true,
    script,
    compatibilityDate: deployment.compatibilityDate,
    compatibilityFlags: deployment.compatibilityFlags,
    durableObjects: awake(deployment.objects, options.stayAwake ?? openFilesLimit() >= FILES_OF_ALL_AWAKE),
    bindings: { ...secrets(options.env ?? {}), ALLOW_PRIVATE: 'true', OBJECTS_STAY: 'true', ADMIN_TOKEN: options.adminToken },
  });
}

/**
 * Objects that stay in memory, where the system lets us have all their databases open: three files each, and two sockets a poll. At Cloudflare an idle one
 * sleeps, because its time is billed; here to open and close its database is half of the work of a wake.
 */
function awake(objects: Deployment['objects'], unsafePreventEviction: boolean) {
  return Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, { ...object, unsafePreventEviction }]));
}

/** What is named like a secret, and not like something of the Worker's own. */
function secrets(env: Record<string, string | undefined>): Record<string, string> {
  const own = new Set(Object.keys(readDeployment().objects));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && /^[A-Z_][A-Z0-9_]*$/.test(name) && !own.has(name) ? [[name, value]] : [],
    ),
  );
}

class LineLog extends Log {
  readonly #line: (line: string) => void;

  constructor(line: (line: string) => void) {
    super(LogLevel.WARN);
    this.#line = line;
  }

  override log(message: string): void {
    this.#line(message);
  }
}

/** The Worker's cron, which Miniflare does not fire: at once, as the watchdog of what slept, and then every minute. */
function startCron(miniflare: Miniflare, { crons }: Deployment, log: EdgeOptions['log']): () => void {
  let stopped = false;
  const fire = async () => {
    try {
      const worker = await miniflare.getWorker();
      for (const cron of crons) await worker.scheduled({ cron });
    } catch (error) {
      // The runtime may be restarting; the next minute tries again.
      if (!stopped) log?.(`cron: ${String(error)}`);
    }
  };
  const timer = setInterval(fire, CRON_EVERY_MS);
  void fire();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

function reachable(host: string, ready: URL): string {
  const everywhere = host === '0.0.0.0' || host === '::' || host === '*';
  const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${ready.port}`;
}

function startFailure(error: unknown, { host, port }: EdgeOptions): unknown {
  const text = String(error);
  if (/address already in use/i.test(text)) {
    return new StartFailure(`port ${port} on ${host} is busy: something else listens there.\nChoose another with --port N.`, {
      cause: error,
    });
  }
  if (/permission denied/i.test(text) && port > 0 && port < 1024) {
    return new StartFailure(`port ${port} needs root: choose one from 1024 up with --port N.`, { cause: error });
  }
  return error;
}
