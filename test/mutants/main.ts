import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTANTS, type Mutant } from './mutants.ts';

/*
 * `npm run mutants`: breaks the judge in many ways, each in a copy of the sources, and runs the judge's tests on it. A mutant that they do not catch is
 * a hole in the tests. Exit 1 when one survives, or when a mutant's text is not in its file exactly once any more.
 */

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED = ['worker', 'router-agent', 'test/unit/engine', 'test/scenarios', 'package.json', 'tsconfig.json', 'tsconfig.base.json'];
const CONFIG = `export default { test: { include: ['test/unit/engine/**/*.test.ts'] } };\n`;
/** As many copies at once as the machine has use for. */
const LANES = 2;

/** A broken engine may wait for ever for what never comes; a sound one needs seconds. */
const LONGEST_RUN_MS = 30_000;

interface Verdict {
  mutant: Mutant;
  caughtBy: string | null;
}

/** A copy of the sources that tests can be run in. */
function workshop(): string {
  const folder = mkdtempSync(join(tmpdir(), 'farwatch-mutants-'));
  for (const part of COPIED) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'vitest.config.mjs'), CONFIG);
  return folder;
}

/** The name of the first test that fails; null: all pass. */
async function firstFailure(folder: string): Promise<string | null> {
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter',
      'tap-flat',
      '--no-isolate',
      '--pool',
      'threads',
      '--maxWorkers',
      '1',
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const hanging = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
  const code = await new Promise<number | null>((done) => child.on('close', done));
  clearTimeout(hanging);
  if (code === null) return 'the tests, which never end';
  if (code === 0) return null;
  const failed = /^not ok \d+ - (.* > .*?)(?: # time=.*)?$/m.exec(out);
  return failed?.[1] ?? `a test file that does not run: ${out.slice(0, 500)}`;
}

function applied(folder: string, { file, find, replace }: Mutant): string | null {
  const text = readFileSync(join(folder, file), 'utf8');
  if (text.split(find).length !== 2) return null;
  writeFileSync(
    join(folder, file),
    text.replace(find, () => replace),
  );
  return text;
}

async function tryMutants(folder: string, queue: Mutant[], verdicts: Verdict[], stale: Mutant[]): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const original = applied(folder, mutant);
    if (original === null) {
      stale.push(mutant);
      continue;
    }
    const caughtBy = await firstFailure(folder);
    writeFileSync(join(folder, mutant.file), original);
    verdicts.push({ mutant, caughtBy });
    console.log(
      `${caughtBy === null ? 'SURVIVED' : 'caught  '} ${mutant.breaks}${caughtBy === null ? ` (${mutant.file})` : ` — by "${caughtBy}"`}`,
    );
  }
}

async function main(): Promise<number> {
  const only = process.argv[2];
  const folders = Array.from({ length: LANES }, workshop);
  try {
    const sound = await firstFailure(folders[0] ?? '');
    if (sound !== null) {
      console.error(`mutants: the tests fail on the sound engine already: ${sound}`);
      return 1;
    }
    const queue = MUTANTS.filter(({ breaks }) => only === undefined || breaks.includes(only));
    const verdicts: Verdict[] = [];
    const stale: Mutant[] = [];
    await Promise.all(folders.map((folder) => tryMutants(folder, queue, verdicts, stale)));
    for (const { breaks, file, find } of stale) console.error(`mutants: "${breaks}": ${file} has not exactly one ${JSON.stringify(find)}`);
    const survivors = verdicts.filter(({ caughtBy }) => caughtBy === null).length;
    console.log(`mutants: ${verdicts.length - survivors} passed, ${survivors + stale.length} failed`);
    return survivors + stale.length === 0 ? 0 : 1;
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
