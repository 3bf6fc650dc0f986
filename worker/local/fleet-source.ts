import { type FleetFormat, formatOf } from '../fleet-file/format.ts';
import { readFleet } from '../fleet-file/read.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import { readIfThere } from './admin-token.ts';
import type { EdgeClient } from './client.ts';
import { StartFailure } from './failure.ts';

export interface FleetSource {
  /** Where it comes from, for messages. */
  name: string;
  text: string;
  format: FleetFormat;
  fleet: Fleet;
}

/** Reads a fleet file of the user. Throws StartFailure with every error of it, each with its path. */
export function readFleetFile(file: string): FleetSource {
  const text = readIfThere(file);
  if (text === null) throw new StartFailure(`there is no file ${file}`);
  const format = formatOf(file, text);
  const result = readFleet(text, format, { allowPrivate: true });
  if (!result.ok) throw new StartFailure(describeErrors(file, result.errors));
  return { name: file, text, format, fleet: result.fleet };
}

/** What `seedFleet` did, as one sentence for the terminal, and the warnings. */
export interface Seeded {
  message: string;
  warnings: string[];
}

/** Makes the source the edge's configuration: the first version of an empty store, the next one where the stored one differs. */
export async function seedFleet(client: EdgeClient, source: FleetSource): Promise<Seeded> {
  const had = await client.hasFleet();
  const trial = await put(client, source, true);
  if (had && trial.changes === 0) return { message: `The stored fleet is that of ${source.name} already.`, warnings: trial.warnings };
  const { version, warnings, changes } = await put(client, source, false);
  const message = had
    ? `${source.name} differs from the stored fleet in ${changes === 1 ? 'one place' : `${changes} places`}: it is version ${version} now.`
    : `${source.name} is the fleet's first version.`;
  return { message, warnings };
}

async function put(client: EdgeClient, source: FleetSource, dryRun: boolean) {
  const answer = await client.putFleet(source.text, source.format, { dryRun });
  if (!answer.ok)
    throw new StartFailure(answer.errors.length > 0 ? describeErrors(source.name, answer.errors) : `${source.name}: ${answer.reason}`);
  return answer;
}

function describeErrors(file: string, errors: readonly { path: string; message: string }[]): string {
  const count = errors.length === 1 ? 'one error' : `${errors.length} errors`;
  const lines = errors.map(({ path, message }) => `  ${path === '' ? '(file)' : path}: ${message}`);
  return `${file} has ${count}; nothing was changed.\n${lines.join('\n')}`;
}
