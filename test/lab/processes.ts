import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';

/** Everything that a lab writes lives in the private tmpfs on /run: it disappears with the lab, whatever kills it. */
export const LAB_DIR = '/run/lab';
const LOG_DIR = `${LAB_DIR}/log`;

/** A short command may take this long before the lab gives it up, in milliseconds. */
const COMMAND_TIMEOUT_MS = 10_000;

/** Runs a command to its end and returns its stdout. Throws with the command line and its stderr when it fails. */
export function run(argv: readonly string[], input?: string): Promise<string> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { timeout: COMMAND_TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', (cause) => reject(new Error(`cannot run ${argv.join(' ')}`, { cause })));
    child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new Error(`${argv.join(' ')}: exit ${code}: ${stderr.trim()}`))));
    // A command that fails at once closes its stdin first (EPIPE); its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** The same command inside a network namespace. */
export function inside(namespace: string, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', namespace, ...argv];
}

/** A process that lives until the lab stops it. Its stderr goes to a log file, and its stdout too unless it is read by somebody. */
export interface Daemon {
  name: string;
  pid: number;
  child: ChildProcessWithoutNullStreams;
  /** Resolves when the process has ended, with its exit code or signal. */
  exited: Promise<string>;
  running(): boolean;
  log(): string;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

interface StartOptions {
  env?: Record<string, string>;
  /** The caller reads stdout itself. */
  readsStdout?: boolean;
}

/**
 * Starts a process in a namespace. `ip netns exec` replaces itself by the command, so the child's pid is the command's own and a signal
 * reaches it directly.
 */
export function start(
  name: string,
  namespace: string,
  argv: readonly string[],
  { env = {}, readsStdout = false }: StartOptions = {},
): Daemon {
  mkdirSync(LOG_DIR, { recursive: true });
  const file = `${LOG_DIR}/${name}.log`;
  const log = createWriteStream(file, { flags: 'a' });
  const [command = '', ...args] = inside(namespace, argv);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C', ...env } });
  let ended = false;
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(String(error)));
    child.on('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
  }).then((how) => {
    ended = true;
    return how;
  });
  if (!readsStdout) child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return {
    name,
    pid: child.pid ?? -1,
    child,
    exited,
    running: () => !ended,
    log: () => readFileSync(file, 'utf8'),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
    },
  };
}

/** Kills every process of a namespace at once (Miniflare's workerd outlives a killed Node) and waits until none is left. */
export async function killAllIn(namespace: string): Promise<void> {
  const pids = async () => (await run(['ip', 'netns', 'pids', namespace])).split('\n').filter(Boolean).map(Number);
  await waitFor(`the end of all processes in ${namespace}`, async () => {
    const alive = await pids();
    for (const pid of alive) kill(pid);
    return alive.length === 0;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Waits until `condition` returns something truthy, and returns that. Asks every `everyMs`; after `timeoutMs` it throws, naming what was
 * waited for and the last error of the condition, if it threw.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The end of every log, for the report of a failure. */
export function logTails(lines = 25): string {
  if (!existsSync(LOG_DIR)) return '';
  const tail = (file: string) => readFileSync(`${LOG_DIR}/${file}`, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  return readdirSync(LOG_DIR)
    .map((file) => ({ file, text: tail(file) }))
    .filter(({ text }) => text !== '')
    .map(({ file, text }) => `--- ${file}\n${text}`)
    .join('\n');
}
