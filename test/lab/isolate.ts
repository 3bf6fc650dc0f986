import { spawn } from 'node:child_process';
import { run } from './processes.ts';
import { searchPath } from './requirements.ts';

/** Set in the environment of the process that is inside the lab's own namespaces. */
const MARK = 'FARWATCH_LAB_INSIDE';

export function isIsolated(): boolean {
  return process.env[MARK] === '1';
}

/**
 * Runs this program again inside mount, network and process namespaces of its own and returns its exit code. Whatever ends the outer process –
 * a kill -9 too – ends everything inside: the kernel kills `unshare` with its parent, the inner program with `unshare`, and with it, as
 * the first process of its namespace, all others; network namespaces and files in the private /run go with the last of them.
 */
export function isolate(): Promise<number> {
  const argv = [
    '--pdeathsig',
    'KILL',
    'unshare',
    '-mnp',
    '--fork',
    '--kill-child',
    '--mount-proc',
    process.execPath,
    ...process.argv.slice(1),
  ];
  const child = spawn('setpriv', argv, { stdio: 'inherit', env: { ...process.env, PATH: searchPath(), [MARK]: '1' } });
  // `unshare` ignores these two, and the first process of a namespace as well.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 130));
  });
}

/** To be called first inside: a private /run, so that parallel labs share no namespace name, socket or file. */
export async function privateRun(): Promise<void> {
  await run(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
}
