import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, fail, messageOf, type Outcome, succeed } from './outcome.ts';

export interface RunResult {
  /** The exit code; 127: there is no such program; 124: it was stopped at its deadline. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  /** Written to a file that only we can read; its path becomes the last argument, and it is gone when the program has ended. */
  file?: string;
  timeoutMs?: number;
}

/** A program that stays, is fed lines, and tells on stderr what it did not like. */
export interface Session {
  /** Writes one line; `onStderr` of the opener hears the rest. False: it is gone. */
  write(line: string): boolean;
  close(): void;
}

/** All that the agent does to its machine goes through here; tests give a fake one, `plan` one that only records. */
export interface Os {
  /** A command that only looks. */
  query(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** A command that changes something. */
  change(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** A file's text, trimmed; null: it cannot be read. */
  read(path: string): string | null;
  write(path: string, text: string): Outcome<null>;
  /** A file's permission bits; null: it is not there, or may not be looked at. */
  mode(path: string): number | null;
  /** `onEnd`: it is gone, by `close` or by itself. */
  open(argv: readonly string[], onStderr: (text: string) => void, onEnd: () => void): Session | null;
}

const TIMEOUT_MS = 10_000;
/** Between the end of a program and the last of its output. */
const LAST_OUTPUT_MS = 200;
/** Output beyond this is cut: no tool that we call says so much on a router. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/** Messages of tools are matched nowhere, but people read them: one language. */
const environment = () => ({ ...process.env, LC_ALL: 'C' });

export const systemOs: Os = {
  query: run,
  change: runWithFile,
  read(path) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      // A file below /proc that is not there, or that may not be read, has no value: the caller decides what that means.
      return null;
    }
  },
  write(path, text) {
    try {
      writeFileSync(path, text);
      return succeed(null);
    } catch (error) {
      return fail(`cannot write ${path}: ${messageOf(error)}`);
    }
  },
  mode(path) {
    try {
      return statSync(path).mode & 0o7777;
    } catch {
      // As with `read`: what that means is the caller's business.
      return null;
    }
  },
  open(argv, onStderr, onEnd) {
    const [program, ...args] = argv;
    if (program === undefined) return null;
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env: environment() });
    let gone = false;
    const end = () => {
      if (!gone) onEnd();
      gone = true;
    };
    child.on('error', end);
    child.on('exit', end);
    child.stdin.on('error', end);
    child.stderr.setEncoding('utf8').on('data', onStderr);
    child.unref();
    return {
      write(line) {
        if (!gone) child.stdin.write(`${line}\n`);
        return !gone;
      },
      close: () => void child.kill(),
    };
  },
};

/**
 * Runs one program: an argument list (never a shell), a deadline, its own session, so that a Ctrl-C meant for the agent does not reach a
 * daemon that it started. It never rejects.
 */
function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    // Of three pipes the one for input costs the most, and few are told anything.
    const input = options.input === undefined ? 'ignore' : 'pipe';
    const child = spawn(program, args, { stdio: [input, 'pipe', 'pipe'], env: environment(), detached: true });
    const output = { stdout: '', stderr: '' };
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      killGroup(child);
    }, options.timeoutMs ?? TIMEOUT_MS);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        if (output[name].length < MAX_OUTPUT) output[name] += chunk;
      });
    }
    const finish = (code: number, stderr: string) => {
      clearTimeout(timer);
      resolve({ code, stdout: output.stdout, stderr: stderr.trim() });
    };
    child.on('error', (error) => finish(codeOf(error) === 'ENOENT' ? 127 : 126, `${program}: ${messageOf(error)}`));
    const end = (code: number | null) => finish(expired ? 124 : (code ?? 125), expired ? `${program} did not end in time` : output.stderr);
    child.on('close', end);
    // A daemon that it started may keep its output open for ever: what it says then is not for us.
    child.on('exit', (code) => void setTimeout(end, LAST_OUTPUT_MS, code).unref());
    // A program that does not read its input ends the pipe early; its exit code says the rest.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(options.input ?? '');
  });
}

/** A program and what it started: its session is its own, and so is its process group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** Some programs insist on a file, and stdin as `/dev/stdin` does not pass: Node's pipes are sockets, which cannot be opened again. */
async function runWithFile(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (options.file === undefined) return run(argv, options);
  const folder = mkdtempSync(join(tmpdir(), 'farwatch-'));
  try {
    const path = join(folder, 'input');
    writeFileSync(path, options.file, { mode: 0o600 });
    return await run([...argv, path], options);
  } catch (error) {
    return { code: 126, stdout: '', stderr: `cannot write a temporary file: ${messageOf(error)}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same machine, but nothing changes: each change is told to `record` and succeeds. */
export function dryOs(os: Os, record: (line: string) => void): Os {
  return {
    query: os.query,
    read: os.read,
    mode: os.mode,
    open: () => null,
    async change(argv, options) {
      record(shown(argv, options));
      return { code: 0, stdout: '', stderr: '' };
    },
    write(path, text) {
      record(`echo ${text} > ${path}`);
      return succeed(null);
    },
  };
}

/** A command as one would type it. Files may hold private keys and are not shown. */
function shown(argv: readonly string[], { input, file }: RunOptions = {}): string {
  const command = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
  if (file !== undefined) return `${command} (CONFIGURATION)`;
  return input === undefined ? command : `${command} <<'EOF'\n${input.trimEnd()}\nEOF`;
}

/** An `Outcome` of a change: what failed and what the tool said. */
export function mustSucceed(argv: readonly string[], result: RunResult): Outcome<null> {
  return result.code === 0
    ? succeed(null)
    : fail(`${argv.join(' ')}: ${result.stderr.split('\n').slice(0, 3).join(' | ') || `exit code ${result.code}`}`);
}
