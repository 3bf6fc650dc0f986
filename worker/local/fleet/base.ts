import { writeFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { readIfThere } from '../admin-token.ts';
import { StartFailure } from '../failure.ts';

/** Of which version of which edge a fleet file is. */
const baseSchema = z.object({ edge: z.string(), etag: z.string() });

function fileOf(fleetFile: string): string {
  return `${fleetFile}.pulled`;
}

/** The version that the file was pulled from, or pushed as; null: never, or of another edge. Throws StartFailure when what is written there cannot be read. */
export function baseOf(fleetFile: string, edge: string): string | null {
  const text = readIfThere(fileOf(fleetFile));
  if (text === null) return null;
  try {
    const base = baseSchema.parse(JSON.parse(text));
    return base.edge === edge ? base.etag : null;
  } catch (cause) {
    throw new StartFailure(`${fileOf(fleetFile)} is damaged: delete it, and look at "diff" before the next push`, { cause });
  }
}

export function saveBase(fleetFile: string, edge: string, etag: string): void {
  writeFileSync(fileOf(fleetFile), `${JSON.stringify({ edge, etag })}\n`);
}
