import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as toml from 'smol-toml';
import * as z from 'zod/mini';

/** The repository's root, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const wranglerSchema = z.object({
  main: z.string(),
  compatibility_date: z.iso.date(),
  compatibility_flags: z._default(z.array(z.string()), []),
  triggers: z.object({ crons: z.array(z.string()) }),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  migrations: z.array(z.object({ new_sqlite_classes: z._default(z.array(z.string()), []) })),
});

/** What wrangler.toml says of the Worker, so that it runs here as it does at Cloudflare. */
export interface Deployment {
  /** Absolute path of the Worker's first file. */
  entry: string;
  compatibilityDate: string;
  compatibilityFlags: string[];
  crons: string[];
  /** Durable Object bindings. */
  objects: Record<string, { className: string; useSQLite: boolean }>;
}

/** Throws when wrangler.toml is not what the Worker needs: it is part of this repository. */
export function readDeployment(file = `${ROOT}wrangler.toml`): Deployment {
  const wrangler = wranglerSchema.parse(toml.parse(readFileSync(file, 'utf8')));
  const sqlite = new Set(wrangler.migrations.flatMap((migration) => migration.new_sqlite_classes));
  return {
    entry: `${ROOT}${wrangler.main}`,
    compatibilityDate: wrangler.compatibility_date,
    compatibilityFlags: wrangler.compatibility_flags,
    crons: wrangler.triggers.crons,
    objects: Object.fromEntries(
      wrangler.durable_objects.bindings.map(({ name, class_name }) => [name, { className: class_name, useSQLite: sqlite.has(class_name) }]),
    ),
  };
}
