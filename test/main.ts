import { install, mayInstall, missingPackages } from './run/packages.ts';
import { commandOf, judged, type PartResult, readCounts, runNode, vitest } from './run/part.ts';

/*
 * `npm test`: all tests, one part after the other. The last line is `N passed, N failed`. Parts that this machine cannot run are named at the beginning and
 * at the end; with CI=true they fail.
 */

const CI = process.env.CI === 'true';
const argv = process.argv.slice(2);

interface Part {
  name: string;
  needs?: 'browser' | 'lab';
  run(): Promise<PartResult>;
}

const PARTS: readonly Part[] = [
  { name: 'types', run: () => judged([commandOf('typescript', 'tsc'), '-p', 'tsconfig.json']) },
  { name: 'types of the Worker', run: () => judged([commandOf('typescript', 'tsc'), '-p', 'tsconfig.worker.json']) },
  { name: 'types of the simulator', run: () => judged([commandOf('typescript', 'tsc'), '-p', 'tsconfig.sim.json']) },
  { name: 'lint', run: () => judged([commandOf('@biomejs/biome', 'biome'), 'ci', '.']) },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'worker', run: () => vitest('worker') },
  {
    name: 'mutants',
    async run() {
      const { code, stdout } = await runNode(['test/mutants/main.ts']);
      return readCounts('mutants', code, stdout);
    },
  },
  {
    name: 'simulator',
    async run() {
      const { code, stdout } = await runNode(['test/sim/soak.ts']);
      return readCounts('simulator', code, stdout);
    },
  },
  { name: 'browser', needs: 'browser', run: () => vitest('browser') },
  {
    name: 'lab',
    async run() {
      const { code, stdout } = await runNode(['test/lab/run-all.ts']);
      return readCounts('lab', code, stdout);
    },
  },
  { name: 'story', run: () => judged(['worker/local/start.ts', '--story']) },
];

const HELP = `Usage: npm test [-- PART …]

All tests: ${PARTS.map(({ name }) => name).join(', ')}. With names of parts, only those.
With CI=true, as root, missing Debian packages are installed; what cannot run then fails.
`;

/** Says what is missing, and gets it where that is wanted and allowed. */
function prepare(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(' ');
  if (CI && mayInstall()) {
    console.log(`\nInstalling what the tests need (CI=true, root): apt-get install ${names}\n`);
    if (!install(missing)) console.log('\napt-get failed.');
    return;
  }
  const parts = [...new Set(missing.map((one) => one.for))].join(' and ');
  console.log(`\n!!! These Debian packages are missing: ${names}`);
  console.log(`!!! Without them the ${parts} tests ${CI ? 'fail' : 'are NOT RUN'}. To get them, as root:`);
  console.log(`!!!   apt-get update && apt-get install -y --no-install-recommends ${names}\n`);
}

async function runPart(part: Part): Promise<PartResult> {
  console.log(`\n=== ${part.name} ===`);
  const lacking = missingPackages().filter((one) => one.for === part.needs);
  if (lacking.length === 0) return part.run();
  const notRun = `missing: ${lacking.map(({ name }) => name).join(', ')}`;
  console.log(`${part.name} NOT RUN (${notRun})`);
  return { passed: 0, failed: CI ? 1 : 0, notRun };
}

function summary(results: readonly (PartResult & { name: string; seconds: number })[]): void {
  console.log('\n=== summary ===');
  for (const { name, passed, failed, notRun, seconds } of results) {
    const what = notRun === undefined ? `${passed} passed, ${failed} failed` : `!!! NOT RUN: ${notRun}`;
    console.log(`${name.padEnd(23)}${what} (${seconds} s)`);
  }
  for (const { name, failed, complaints = [] } of results) {
    if (failed > 0) console.log(`${name} failed:${complaints.map((line) => `\n  ${line.trim()}`).join('')}`);
  }
}

async function main(): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = argv.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`test: there is no part ${unknown.join(', ')}\n\n${HELP}`);
    return 2;
  }
  prepare();
  const results: (PartResult & { name: string; seconds: number })[] = [];
  for (const part of PARTS.filter(({ name }) => argv.length === 0 || argv.includes(name))) {
    const startedAt = performance.now();
    const result = await runPart(part);
    results.push({ ...result, name: part.name, seconds: Math.round((performance.now() - startedAt) / 1000) });
  }
  summary(results);
  const total = (key: 'passed' | 'failed') => results.reduce((sum, result) => sum + result[key], 0);
  console.log(`${total('passed')} passed, ${total('failed')} failed`);
  return total('failed') === 0 ? 0 : 1;
}

process.exitCode = await main();
