import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartFailure } from './failure.ts';
import { birthOf, errorCode, isAlive, programOf } from './processes.ts';

/** A killed process is gone within milliseconds; one that hangs in the kernel longer than this is not waited for. */
const KILL_TIMEOUT_MS = 5000;

export interface Ownership {
  /** Where workerd writes its process id (workerd.sh does it). */
  workerdPidFile: string;
  /** Gives the directory free. */
  release(): void;
}

/**
 * Takes the state directory for this process alone: two runtimes on one database would destroy it. An earlier runtime whose Node was killed
 * (and which lives on, where the system cannot bind their lives) is ended first: only that one process, and only if it still is a workerd.
 * Throws StartFailure when a living process has the directory.
 */
export async function takeOwnership(directory: string): Promise<Ownership> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ownerFile = join(directory, 'owner.pid');
  const workerdPidFile = join(directory, 'workerd.pid');
  claim(ownerFile, directory);
  await endStaleRuntime(workerdPidFile);
  return {
    workerdPidFile,
    release() {
      rmSync(workerdPidFile, { force: true });
      rmSync(ownerFile, { force: true });
    },
  };
}

/** The exclusive create decides between two that start at once; a file of a dead owner is replaced. */
function claim(file: string, directory: string): void {
  const mine = `${process.pid} ${birthOf(process.pid)}\n`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw new StartFailure(`cannot write to ${directory}: ${String(error)}`, { cause: error });
    }
    const owner = livingOwner(file);
    if (owner !== null) {
      throw new StartFailure(
        `another Farwatch (process ${owner}) is running with the state in ${directory}.\nStop it, or choose another directory with --persist DIR.`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new StartFailure(`${directory} is being taken by another Farwatch that starts at the same time.`);
}

function livingOwner(file: string): number | null {
  const { pid, birth } = readPid(file);
  if (pid === null || !isAlive(pid)) return null;
  const now = birthOf(pid);
  return birth === '' || now === '' || birth === now ? pid : null;
}

async function endStaleRuntime(file: string): Promise<void> {
  const { pid } = readPid(file);
  if (pid === null || !isAlive(pid) || programOf(pid) !== 'workerd') return;
  process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + KILL_TIMEOUT_MS;
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new StartFailure(`an earlier runtime (workerd, process ${pid}) cannot be ended.`);
    await sleep(10);
  }
}

function readPid(file: string): { pid: number | null; birth: string } {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const [pid = '', birth = ''] = text.trim().split(' ');
  return { pid: /^[1-9]\d*$/.test(pid) ? Number(pid) : null, birth };
}
