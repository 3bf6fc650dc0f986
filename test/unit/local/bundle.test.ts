import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleWorker } from '../../../worker/local/bundle.ts';
import { readDeployment } from '../../../worker/local/deployment.ts';

/** A cold start parses all of it. What weighs: `npx wrangler deploy --dry-run --outdir DIR`, or esbuild's metafile. */
const MAX_BYTES = 120 * 1024;

test('the Worker as it is deployed weighs at most 120 KiB, gzipped', async () => {
  const script = await bundleWorker(readDeployment().entry, { minify: true });
  expect(gzipSync(script, { level: 9 }).byteLength).toBeLessThanOrEqual(MAX_BYTES);
}, 30_000);
