import type { Os } from '../runner.ts';

/** A file with a key in it that others may read, as a sentence; nothing when it is safe, or is not there (which is said elsewhere). */
export function readableByOthers(os: Os, path: string): string[] {
  const mode = os.mode(path);
  if (mode === null || (mode & 0o077) === 0) return [];
  return [`${path} holds a secret and can be read by others (mode ${(mode & 0o777).toString(8)}); right: chmod 600 ${path}`];
}
