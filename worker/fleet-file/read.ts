import * as toml from 'smol-toml';
import type * as z from 'zod/mini';
import { type CheckOptions, checkFleet, type FleetError } from './check.ts';
import { explain, tidy, unknownKey } from './explain.ts';
import type { FleetFormat } from './format.ts';
import { type Draft, draftSchema, type Fleet, fleetSchema } from './schema.ts';

export type { FleetError } from './check.ts';

/** `planNamed`: the file says for which plan it is, and does not leave it to the default. */
export type ReadFleetResult = { ok: true; fleet: Fleet; warnings: string[]; planNamed: boolean } | { ok: false; errors: FleetError[] };

/** A fleet file is six levels deep; what lies deeper cannot be right, and a text of brackets only must not exhaust the stack. */
const MAX_DEPTH = 8;

/**
 * Reads a fleet file. Every error comes at once, those of the shape and those between keys, each with the path of its key as a JSON Pointer; a text that
 * is no TOML or JSON at all gives one error, with its line. Never throws for any text.
 */
export function readFleet(text: string, format: FleetFormat, options: CheckOptions): ReadFleetResult {
  const parsed = format === 'toml' ? parseToml(text) : parseJson(text);
  if (!parsed.ok) return { ok: false, errors: [parsed.error] };
  const errors: FleetError[] = [];
  const value = plain(parsed.value, [], errors);
  const result = fleetSchema.safeParse(value, { reportInput: true });
  if (!result.success) errors.push(...result.error.issues.flatMap(explain));
  const { errors: crossed, warnings } = checkFleet(result.success ? result.data : draftOf(value, result.error.issues), options);
  errors.push(...crossed);
  if (!result.success || errors.length > 0) return { ok: false, errors: tidy(errors) };
  return { ok: true, fleet: result.data, warnings, planNamed: namesPlan(value) };
}

function namesPlan(file: unknown): boolean {
  return typeof Reflect.get(Object(Reflect.get(Object(file), 'fleet')), 'plan') === 'string';
}

type Parsed = { ok: true; value: unknown } | { ok: false; error: FleetError };

function parseToml(text: string): Parsed {
  try {
    return { ok: true, value: toml.parse(text) };
  } catch (error) {
    if (!(error instanceof toml.TomlError)) throw error;
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    return { ok: false, error: { path: '', message: `line ${error.line}, column ${error.column}: this is not TOML: ${reason}` } };
  }
}

function parseJson(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const reason = error.message.replace(/( in JSON)? at position \d+.*$/s, '').replace(/, "?\.{0,3}.* is not valid JSON$/s, '');
    return { ok: false, error: { path: '', message: `line ${jsonErrorLine(text, error.message)}: this is not JSON: ${reason}` } };
  }
}

/** V8 names the position in most messages; where it does not, the text ended too early. */
function jsonErrorLine(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  return text.slice(0, position === undefined ? text.length : Number(position)).split('\n').length;
}

/**
 * A copy of own properties only, without `__proto__`: whatever a parser made of such a key, nothing after this can meet it. It is reported like any
 * unknown key.
 */
function plain(value: unknown, path: (string | number)[], errors: FleetError[]): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (path.length > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item, index) => plain(item, [...path, index], errors));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') errors.push(unknownKey(path, key));
    else copy[key] = plain(item, [...path, key], errors);
  }
  return copy;
}

/** What is right in a file that is wrong: `value` without the keys that the issues name. */
function draftOf(value: unknown, issues: readonly z.core.$ZodIssue[]): Draft {
  const copy = { file: structuredClone(value) };
  for (const issue of issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of keys) remove(copy, ['file', ...path]);
  }
  const draft = draftSchema.safeParse(copy.file ?? {});
  if (!draft.success) throw new Error('a draft keeps something that the schema refused', { cause: draft.error });
  return draft.data;
}

/** Takes one key away. In lists it leaves a hole, or an empty row where rows are tables: the others keep their places. */
function remove(root: object, path: readonly PropertyKey[]): void {
  const parents: unknown[] = [root];
  for (const key of path.slice(0, -1)) parents.push(Reflect.get(Object(parents.at(-1)), key));
  const [leaf, holder] = [path.at(-1), parents.at(-1)];
  if (leaf === undefined || typeof holder !== 'object' || holder === null) return;
  if (!Array.isArray(holder)) Reflect.deleteProperty(holder, leaf);
  else holder[Number(leaf)] = path.length === 3 || path.at(-2) === 'check' ? {} : undefined;
}
