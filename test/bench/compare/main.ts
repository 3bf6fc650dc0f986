import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { documentOf, tableOf } from './document.ts';
import { COLUMNS } from './figures.ts';
import { type Result, runAll, type Task } from './pool.ts';
import { SYSTEMS } from './systems.ts';
import { MIXES } from './world/mixes.ts';

const DOCUMENT = join(import.meta.dirname, '../../../docs/COMPARISON.md');
const HOURS = 100;

const HELP = `Usage: npm run -s bench:compare -- [--write] [--hours H] [--seed S] [--json] [NAME …]

Lets Farwatch and models of others (${SYSTEMS.map(({ id }) => id).join(', ')})
live through the same seeded troubles (${MIXES.map(({ id }) => id).join(', ')})
and prints a table for each: how fast a bad server was left, false failovers, failbacks, time on a dead path.
NAMEs of systems and troubles: only those.

  --write    write docs/COMPARISON.md (of all systems and troubles)
  --hours H  virtual hours of each world (default ${HOURS})
  --seed S   another world (default 1)
  --json     JSON lines instead of tables
  --help     this text

Exit code: 0 done, 2 wrong use.
`;

interface Options {
  seed: string;
  hours: number;
  write: boolean;
  json: boolean;
  names: readonly string[];
}

class UsageError extends Error {}

function readOptions(argv: string[]): Options | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { write: flag, hours: text, seed: text, json: flag, help: { ...flag, short: 'h' } };
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: argv, allowPositionals: true, options });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const { values, positionals: names } = parsed;
  if (values.help) return 'help';
  const hours = Number(values.hours ?? HOURS);
  if (!(hours >= 1 && hours <= 100_000)) throw new UsageError(`--hours is ${values.hours}, but must be a number from 1 to 100000`);
  const known = [...SYSTEMS, ...MIXES].map(({ id }) => id);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new UsageError(`there is no ${unknown.join(', ')}`);
  if (values.write && names.length > 0) throw new UsageError('--write is for all systems and troubles');
  return { seed: values.seed ?? '1', hours, write: values.write, json: values.json, names };
}

/** Those that are named, or all when none of them is. */
function named<T extends { id: string }>(all: readonly T[], names: readonly string[]): readonly T[] {
  const some = all.filter(({ id }) => names.includes(id));
  return some.length === 0 ? all : some;
}

async function compare({ seed, hours, write, json, names }: Options): Promise<void> {
  const systems = named(SYSTEMS, names);
  const mixes = named(MIXES, names);
  const tasks = mixes.flatMap((mix) => systems.map((system): Task => ({ system: system.id, mix: mix.id, seed, hours })));
  const results: Result[] = [];
  await runAll(tasks, (result) => {
    results.push(result);
    process.stderr.write(`compare: ${results.length} of ${tasks.length}: ${result.system} in ${result.mix}\n`);
  });
  if (write) {
    const more = [...(hours === HOURS ? [] : [`--hours ${hours}`]), ...(seed === '1' ? [] : [`--seed ${seed}`])];
    const command = ['npm run bench:compare -- --write', ...more].join(' ');
    writeFileSync(DOCUMENT, documentOf({ command, seed, hours, systems, mixes, results }));
    process.stderr.write(`compare: ${DOCUMENT} is written\n`);
  }
  for (const mix of mixes) {
    const rows = systems.flatMap(({ id, name }) =>
      results.filter(({ system, mix: of }) => system === id && of === mix.id).map(({ score }) => ({ id, name, score })),
    );
    if (!json) process.stdout.write(`\n${mix.name}, per 1,000 hours\n${tableOf(rows)}\n`);
    else
      for (const { id, score } of rows)
        process.stdout.write(`${JSON.stringify({ mix: mix.id, system: id, hours, seed, ...figuresOf(score) })}\n`);
  }
}

/** All columns by name; what never happened is null. */
function figuresOf(score: Result['score']): Record<string, number | null> {
  return Object.fromEntries(
    COLUMNS.map(({ id, value }) => {
      const figure = value(score);
      return [id, figure !== null && Number.isFinite(figure) ? figure : null];
    }),
  );
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(HELP);
  else await compare(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`compare: ${error.message}\n${HELP}`);
  process.exitCode = 2;
}
