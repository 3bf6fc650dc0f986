import { chmodSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A router's flash is small: a dependency that doubles the file must not come in unseen. */
const MAX_BYTES = 200 * 1024;

/** Bundles the agent into one executable file that runs on a plain Node 20 without node_modules. Throws when it grows too large. */
async function buildAgent(): Promise<string> {
  const outfile = fileURLToPath(new URL('../dist/farwatch-agent.mjs', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    charset: 'utf8',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
  const { size } = statSync(outfile);
  if (size > MAX_BYTES) throw new Error(`${outfile} has ${size} bytes, more than ${MAX_BYTES}: which import brought that in?`);
  return `${outfile}: ${Math.round(size / 1024)} KB`;
}

process.stdout.write(`${await buildAgent()}\n`);
