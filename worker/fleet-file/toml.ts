import { stringify } from 'smol-toml';
import type { Fleet } from './schema.ts';

/** The fleet as TOML text, every default written out; `readFleet` reads the same fleet from it. Comments of the file that it came from are not kept. */
export function fleetToml(fleet: Fleet): string {
  // JSON drops the keys that are undefined: TOML has no word for them.
  return stringify(JSON.parse(JSON.stringify(fleet)));
}
