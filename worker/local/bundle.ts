import { build, stop } from 'esbuild';

/**
 * The Worker and all that it imports as one ES module, in memory. Resolved as wrangler does it; what the runtime brings along
 * (`cloudflare:…`) stays an import. `minify`: as it is deployed. Throws with esbuild's message when the source does not build.
 */
export async function bundleWorker(entry: string, { minify = false } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    minify,
    logLevel: 'silent',
  });
  // Its helper process would live as long as we do.
  await stop();
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return output.text;
}
