import type { Fleet } from './schema.ts';

/** `from` is absent for what is new, `to` for what is gone. */
export interface FleetChange {
  path: string;
  from?: unknown;
  to?: unknown;
}

/**
 * What changed, key by key. Rows of tables with an id are matched by it, so a path reads `/server/a/priority` and moving a row changes nothing; checks
 * and notifications have no id and are matched by their place. A row that came or went is one change. `null`: there was no fleet before.
 */
export function diffFleet(before: Fleet | null, after: Fleet): FleetChange[] {
  return diffValue('', before === null ? {} : byId(before), byId(after));
}

function byId(fleet: Fleet): Record<string, unknown> {
  const keyed = (rows: readonly { id: string }[]) => Object.fromEntries(rows.map((row) => [row.id, row]));
  return { ...fleet, vantage: keyed(fleet.vantage), server: keyed(fleet.server), site: keyed(fleet.site) };
}

function diffValue(path: string, from: unknown, to: unknown): FleetChange[] {
  if (isTable(from) && isTable(to)) return diffTable(path, from, to);
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (isTable(to) && from === undefined && isTableOfTables(path)) return diffTable(path, {}, to);
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

/** At the root a new table is told row by row. */
function isTableOfTables(path: string): boolean {
  return path.split('/').length === 2;
}

function diffTable(path: string, from: Record<string, unknown>, to: Record<string, unknown>): FleetChange[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.flatMap((key) => diffValue(`${path}/${key}`, from[key], to[key]));
}

/** Lists of tables count as tables whose keys are their places; lists of values change as a whole. */
function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(Array.isArray(value) && value.some((item) => typeof item !== 'object'));
}
