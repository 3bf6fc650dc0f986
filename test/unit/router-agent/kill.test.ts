import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { missing, searchPath } from '../../lab/requirements.ts';

/*
 * What the machine lacks is said loudly; with CI=true it is a failure.
 */
const lacks = missing();
/** Every single one takes half a minute: where time is short, each fourth. */
const EVERY = process.env.CI === 'true' ? 1 : 4;

if (lacks.length > 0 && process.env.CI !== 'true') {
  process.stderr.write(`\nNOT TESTED: kill -9 at every step. This machine lacks:\n${lacks.map((lack) => `  - ${lack}\n`).join('')}\n`);
  test('what the test of kills lacks has been said', () => expect(lacks).not.toEqual([]));
} else {
  test('kill -9 after each change of a start and a cut, and of a teardown: the next one ends as if nothing had been', async () => {
    expect(lacks).toEqual([]);
    const scene = join(import.meta.dirname, 'kill-scene.ts');
    const namespaces = ['-mnp', '--fork', '--kill-child', '--mount-proc'];
    const { stdout } = await promisify(execFile)('unshare', [...namespaces, process.execPath, scene, `${EVERY}`], {
      env: { ...process.env, PATH: searchPath() },
      timeout: 230_000,
    });
    const seen = JSON.parse(stdout);
    expect(seen.broken).toEqual([]);
    expect(seen.steps).toBeGreaterThan(30);
    expect(seen.referenceLines).toBeGreaterThan(80);
  }, 240_000);
}
