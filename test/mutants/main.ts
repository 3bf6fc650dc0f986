import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTANTS, type Mutant, WORLDS, type World } from './mutants.ts';

/*
 * `npm run mutants`: breaks the judge in many ways, each in a copy of the sources, and runs the judge's tests on it, or a simulation. A mutant that they do
 * not catch is a hole in the tests. Exit 1 when one survives, or when a mutant's text is not in its file exactly once any more.
 */

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED = [
  'worker',
  'router-agent',
  'test/unit/engine',
  'test/scenarios',
  'test/sim',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
];
const CONFIG = `export default { test: { include: ['test/unit/engine/**/*.test.ts'] } };\n`;
/** As many copies at once as the machine has use for. */
const LANES = 2;

/** A broken engine may wait for ever for what never comes; a sound one needs seconds. */
const LONGEST_RUN_MS = 30_000;
/** A simulation takes seconds, on a busy machine many. */
const LONGEST_SIMULATION_MS = 180_000;

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

/** The first invariant that breaks in a simulation; null: all hold. It is said before the search for a smaller run, for which nobody waits here. */
async function firstBroken(folder: string, world: World): Promise<string | null> {
  const argv = [...WORLDS[world].split(' '), '--trace-dir', folder];
  const child = spawn(process.execPath, [join(folder, 'test/sim/main.ts'), ...argv], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (/^BROKEN .*\n/m.test(out)) child.kill('SIGKILL');
  });
  const hanging = setTimeout(() => child.kill('SIGKILL'), LONGEST_SIMULATION_MS);
  const code = await new Promise<number | null>((done) => child.on('close', done));
  clearTimeout(hanging);
  const invariant = /^BROKEN .*: ([\w-]+)$/m.exec(out)?.[1];
  if (invariant !== undefined) return `the simulator (${invariant})`;
  return code === 0 ? null : `the simulator, which ${code === null ? 'never ends' : 'fails'}`;
}

/** What fails on the engine as it is; null: nothing, so that whatever fails on a mutant is the mutant's. */
async function failureOfSound(folder: string): Promise<string | null> {
  const failure = await firstFailure(folder);
  if (failure !== null) return failure;
  const broken = await Promise.all((Object.keys(WORLDS) as World[]).map((world) => firstBroken(folder, world)));
  return broken.find((one) => one !== null) ?? null;
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
    const caughtBy = await (mutant.world === undefined ? firstFailure(folder) : firstBroken(folder, mutant.world));
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
    const sound = await failureOfSound(folders[0] ?? '');
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
