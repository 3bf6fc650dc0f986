import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';

/** Linux can end a child with its parent, whatever kills the parent; elsewhere the children have to notice it by themselves. */
const BIND = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
let bindable: boolean | undefined;

/** Starts a Node program that does not outlive this process, not even a `kill -9` of it (where the system has setpriv). */
export function spawnBound(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  bindable ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  const [command, ...rest] = [...(bindable ? BIND : []), process.execPath, file, ...args];
  return spawn(command ?? process.execPath, rest, options);
}

/** Resolves when the child has ended. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
