import { parseArgs } from 'node:util';
import { type Benchmark, isKept, lineOf } from './benchmark.ts';
import { BENCHMARKS } from './registry.ts';

const MAX_TRIALS = 1000;
const MAX_SIZE = 10_000;

const HELP = `Usage: npm run -s bench [-- NAME …] [--trials N] [--size N]
       npm run -s bench -- list

Measures, one JSON line a figure on stdout: what, value, unit, peer (the peer's value in the same unit, or null), ratio (value ÷ peer), better (higher
or lower), peerName, and promise and kept where something is promised. Progress goes to stderr. Without a name: all of

${list()}
  --trials N   how often those measure that name a number of trials (1–${MAX_TRIALS})
  --size N     how large a crowd those gather that gather one (2–${MAX_SIZE})

Exit code: 0 everything was measured and every promise kept, 1 a promise was broken or a measurement failed, 2 wrong use. What this machine cannot
measure is skipped and named on stderr. Take figures on a quiet machine.
`;

const EXIT = { kept: 0, broken: 1, usage: 2 } as const;

function list(): string {
  return BENCHMARKS.map(({ name, story }) => `  ${name.padEnd(16)}${story}\n`).join('');
}

function say(text: string): void {
  process.stderr.write(`bench: ${(performance.now() / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
}

interface Choice {
  benches: readonly Benchmark[];
  /** Null: as many as each says. */
  trials: number | null;
  /** Null: as each says. */
  size: number | null;
}

/** The chosen ones, all without a name; or what to print and the exit code. */
function choose(argv: string[]): Choice | { text: string; code: number } {
  let names: string[];
  let trials: number | null;
  let size: number | null;
  try {
    const options = { help: { type: 'boolean', short: 'h' }, trials: { type: 'string' }, size: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
    if (values.help === true) return { text: HELP, code: EXIT.kept };
    names = positionals;
    trials = values.trials === undefined ? null : Number(values.trials);
    size = values.size === undefined ? null : Number(values.size);
  } catch (error) {
    return { text: `bench: ${error instanceof Error ? error.message : String(error)}\n${HELP}`, code: EXIT.usage };
  }
  if (names.length === 1 && names[0] === 'list') return { text: list(), code: EXIT.kept };
  const unknown = names.filter((name) => !BENCHMARKS.some((bench) => bench.name === name));
  if (unknown.length > 0) return { text: `bench: there is no benchmark ${unknown.join(', ')}; there are\n${list()}`, code: EXIT.usage };
  if (!isWithin(trials, 1, MAX_TRIALS))
    return { text: `bench: --trials must be a whole number from 1 to ${MAX_TRIALS}\n`, code: EXIT.usage };
  if (!isWithin(size, 2, MAX_SIZE)) return { text: `bench: --size must be a whole number from 2 to ${MAX_SIZE}\n`, code: EXIT.usage };
  return { benches: names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name)), trials, size };
}

function isWithin(value: number | null, least: number, most: number): boolean {
  return value === null || (Number.isInteger(value) && value >= least && value <= most);
}

/** Answers whether all was measured and promised truly. */
async function measure(bench: Benchmark, { trials, size }: Choice): Promise<boolean> {
  const lack = bench.lacks?.() ?? null;
  if (lack !== null) {
    say(`${bench.name}: skipped: ${lack}`);
    return true;
  }
  say(`${bench.name}: ${bench.story}`);
  try {
    const figures = await bench.run((text) => say(`${bench.name}: ${text}`), trials ?? bench.trials ?? 1, size ?? bench.size ?? 0);
    for (const figure of figures) process.stdout.write(`${lineOf(bench.name, figure)}\n`);
    const broken = figures.filter((figure) => !isKept(figure));
    for (const { what, value, unit, promise } of broken) say(`${bench.name}: BROKEN: ${what} is ${value} ${unit}, promised ${promise}`);
    return broken.length === 0;
  } catch (error) {
    say(`${bench.name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function main(): Promise<number> {
  const chosen = choose(process.argv.slice(2));
  if ('text' in chosen) {
    (chosen.code === EXIT.kept ? process.stdout : process.stderr).write(chosen.text);
    return chosen.code;
  }
  let good = true;
  for (const bench of chosen.benches) good = (await measure(bench, chosen)) && good;
  return good ? EXIT.kept : EXIT.broken;
}

process.exitCode = await main();
