import { readFileSync } from 'node:fs';

/** How many files this process and its children may have open at a time; 0 where the system does not say. */
export function openFilesLimit(): number {
  try {
    return limitIn(readFileSync('/proc/self/limits', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** The soft limit in the text of proc_pid_limits(5). */
export function limitIn(limits: string): number {
  const [, soft = '0'] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
