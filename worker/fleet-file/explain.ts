import type * as z from 'zod/mini';
import type { FleetError } from './check.ts';
import { KNOWN_KEYS } from './schema.ts';

/** More errors than this are counted, not listed. */
const MAX_ERRORS = 100;
/** Values longer than this are cut in messages. */
const MAX_VALUE_LENGTH = 60;

type Path = readonly PropertyKey[];

/** A path as a JSON Pointer (RFC 6901). */
export function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** One error for each key that is wrong: it names the key, the value and what would be right. */
export function explain(issue: z.core.$ZodIssue): FleetError[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
  return [{ path: pointer(issue.path), message: wrongValue(issue) }];
}

function wrongValue(issue: z.core.$ZodIssue): string {
  const key = issue.path.findLast((part) => typeof part === 'string');
  const name = key === undefined ? 'the file' : String(key);
  const place = typeof issue.path.at(-1) === 'number' ? `${name}[${Number(issue.path.at(-1))}]` : name;
  if (issue.input === undefined) return `${place} is missing: it must be ${issue.message}`;
  // A notification URL can hold a secret, though it should not: it is not repeated into logs.
  if (issue.path[0] === 'notify' && key === 'url') return `${place} must be ${issue.message}`;
  return `${place} is ${shown(issue.input)}, but must be ${issue.message}`;
}

/** A value for a message: JSON, cut to one short line. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.every((part) => typeof part !== 'object') ? cut(JSON.stringify(value)) : 'a list of tables';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'a table';
  return cut(JSON.stringify(value) ?? typeof value);
}

function cut(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

/** An error about a key that no table has at this place. */
export function unknownKey(path: Path, key: string): FleetError {
  const table = path.filter((part) => typeof part === 'string').join('.');
  const known = KNOWN_KEYS[table] ?? [];
  const near = known.find((candidate) => distance(candidate, key) <= Math.min(2, key.length / 2));
  const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`;
  return { path: pointer([...path, key]), message: `key "${cut(key)}" is unknown in ${table === '' ? 'the file' : table}: ${hint}` };
}

/** Levenshtein's distance, for "did you mean"; long words are not compared. */
function distance(a: string, b: string): number {
  if (b.length > 32) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** In the file's order, once a path, and not more than anyone reads. */
export function tidy(errors: readonly FleetError[]): FleetError[] {
  const once = [...new Map(errors.toReversed().map((error) => [error.path, error])).values()];
  const sorted = once.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  if (sorted.length <= MAX_ERRORS) return sorted;
  return [...sorted.slice(0, MAX_ERRORS), { path: '', message: `and ${sorted.length - MAX_ERRORS} more errors` }];
}
