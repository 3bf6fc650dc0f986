import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Whether a process with this id runs (also one of another user). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** An ended process that nobody has waited for yet holds nothing any more. */
function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === 'Z';
}

/** The fields of /proc/PID/stat after the name (which may hold spaces and brackets); undefined where there is no /proc. */
function statOf(pid: number): string[] | undefined {
  const text = readOrUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/**
 * When the process began, in ticks since boot: with the id it names one process for good, since ids come round again. Empty where the
 * system does not tell it.
 */
export function birthOf(pid: number): string {
  return statOf(pid)?.[19] ?? '';
}

/** The file name of the program that a process runs; empty when it has ended or is not ours to look at. */
export function programOf(pid: number): string {
  const executable = readOrUndefined(() => readlinkSync(`/proc/${pid}/exe`));
  if (executable !== undefined) return basename(executable.replace(/ \(deleted\)$/, ''));
  const name = readOrUndefined(() =>
    execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  return basename(name?.trim() ?? '');
}

/** The result, or undefined when the process (or /proc, or ps) is not there: all of them mean "nothing known". */
function readOrUndefined(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
