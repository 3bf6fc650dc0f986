import type { Fleet } from './schema.ts';

/** What a fleet is made of. */
type Value = string | number | boolean | Value[] | Table;
interface Table {
  [key: string]: Value | undefined;
}

/** The fleet as TOML text, every default written out; `readFleet` reads the same fleet from it. Comments of the file that it came from are not kept. */
export function fleetToml(fleet: Fleet): string {
  return tableText(fleet, []).join('\n');
}

/** Its own keys first, then the tables in it, each under its header: in TOML a table lasts until the next header. */
function tableText(table: Table, place: readonly string[]): string[] {
  const entries = Object.entries(table).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const own = entries.filter(([, value]) => !isTable(value) && !isTables(value)).map(([key, value]) => `${key} = ${valueText(value)}`);
  const inner = entries.flatMap(([key, value]) => {
    const path = [...place, key];
    if (isTable(value)) return ['', `[${path.join('.')}]`, ...tableText(value, path)];
    return isTables(value) ? value.flatMap((row) => ['', `[[${path.join('.')}]]`, ...tableText(row, path)]) : [];
  });
  return place.length === 0 ? [...own, ...inner].slice(own.length === 0 ? 1 : 0).concat('') : [...own, ...inner];
}

/** A JSON string is a TOML string too, once it has nothing in it that Unicode forbids, and DEL is written as an escape. */
function valueText(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  return typeof value === 'string' ? JSON.stringify(value.toWellFormed()).replaceAll('\u007f', '\\u007f') : String(value);
}

function isTable(value: Value): value is Table {
  return typeof value === 'object' && !Array.isArray(value);
}

/** An empty list of tables is written as an empty list. */
function isTables(value: Value): value is Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}
