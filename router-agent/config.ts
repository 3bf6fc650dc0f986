import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { crossCheck } from './config-rules.ts';
import { type AgentFile, agentFileSchema } from './config-schema.ts';
import { messageOf } from './outcome.ts';
import { FIRST_MARK, FIRST_TABLE } from './own.ts';

/** One tunnel with every default filled in. */
export type Tunnel = Omit<AgentFile['tunnel'][number], 'table' | 'mark'> & { table: number; mark: number };

/** The agent's file, checked, with defaults and absolute paths. */
export type Config = Omit<AgentFile, 'tunnel'> & { path: string; tunnel: Tunnel[] };

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: string[] };

/** Reads and checks the agent's file. All problems come at once, each with the key, the value and what would be right. */
export function loadConfig(path: string): ConfigResult {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { ok: false, problems: [`${path}: cannot be read (${messageOf(error)})`] };
  }
  return parseConfig(text, resolve(path));
}

/** The same from text; `path` is only used in messages and to resolve relative paths. */
export function parseConfig(text: string, path: string): ConfigResult {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    return { ok: false, problems: [`${path}: is not TOML: ${messageOf(error).split('\n')[0]}`] };
  }
  const parsed = agentFileSchema.safeParse(raw);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => describeIssue(issue, raw));
  problems.push(...crossCheck(raw));
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  return { ok: true, config: complete(parsed.data, path) };
}

function complete(file: AgentFile, path: string): Config {
  const base = dirname(path);
  const tunnel = file.tunnel.map((entry, index) => ({
    ...entry,
    config: entry.config === undefined ? undefined : resolve(base, entry.config),
    table: entry.table ?? FIRST_TABLE + index,
    mark: entry.mark ?? FIRST_MARK + index,
  }));
  const metrics_file = file.metrics_file === undefined ? undefined : resolve(base, file.metrics_file);
  return { ...file, path, token_file: resolve(base, file.token_file), state_dir: resolve(base, file.state_dir), metrics_file, tunnel };
}

type Issue = { code: string; path: PropertyKey[]; message: string; keys?: string[] };

function describeIssue(issue: Issue, raw: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => `${nameOf([...issue.path, key])}: unknown key; remove it or correct its name`);
  }
  const value = valueAt(raw, issue.path);
  const shown = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
  return [`${nameOf(issue.path)}: ${shown}; ${issue.message}`];
}

/** `['tunnel', 1, 'device']` → `tunnel[1].device` */
function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(file)';
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`)).join('');
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined), raw);
}
