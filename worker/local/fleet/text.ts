import type { Terminal } from '../terminal.ts';
import type { Change, Version } from './api.ts';

/** Longer values are cut. */
const MAX_VALUE = 160;

/** A diff for people, a line a key: `+` what is new, `-` what is gone, `~` what has another value. */
export function diffText(changes: readonly Change[], { paint }: Terminal): string[] {
  return changes.flatMap((change) => {
    const { path, from, to } = change;
    if (from === undefined) return added(path, to).map((line) => paint('good', line));
    if (to === undefined) return [paint('bad', `- ${path}${rowLike(from) ? '' : `: ${shown(from)}`}`)];
    return [`${paint('warn', '~')} ${path}: ${paint('bad', shown(from))} → ${paint('good', shown(to))}`];
  });
}

/** A new row of a table is told key by key. */
function added(path: string, to: unknown): string[] {
  if (!rowLike(to)) return [`+ ${path}: ${shown(to)}`];
  return [`+ ${path}`, ...Object.entries(to).map(([key, value]) => `+     ${key} = ${shown(value)}`)];
}

function rowLike(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE - 1)}…`;
}

export function errorLines(errors: readonly { path: string; message: string }[], { paint }: Terminal): string[] {
  return errors.map(({ path, message }) => `  ${paint('strong', path === '' ? '(file)' : path)}: ${message}`);
}

export function versionLines(versions: readonly Version[], { paint }: Terminal): string[] {
  const width = String(versions[0]?.version ?? 0).length;
  return versions.map(({ version, at, note }) => `${String(version).padStart(width)}  ${paint('quiet', at)}  ${note}`.trimEnd());
}

export function changesText(count: number): string {
  return count === 1 ? 'one change' : `${count} changes`;
}
