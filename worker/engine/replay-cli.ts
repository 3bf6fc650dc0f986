import { createReadStream, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { engineRules } from '../fleet-file/engine-rules.ts';
import { formatOf } from '../fleet-file/format.ts';
import { readFleet } from '../fleet-file/read.ts';
import { Lines, MAX_LINE_BYTES } from './lines.ts';
import { Replay } from './replay.ts';
import type { Rules } from './step.ts';
import { TraceReader } from './trace.ts';

const HELP = `usage: npm run -s replay -- --fleet FILE TRACE

Runs recorded evidence (JSON Lines) through the decision engine and prints its decisions, JSON Lines.
  --fleet FILE   the fleet file (TOML or JSON)
  TRACE          the evidence; "-" reads standard input
  --summary      at the end, how much was read and how fast, on standard error
Exit codes: 0 done (also when the reader of the output has left), 1 the output cannot be written,
2 a wrong argument, fleet file or trace line.
`;

/** Large reads, because each costs a turn of the event loop. */
const READ_BYTES = 1024 * 1024;
/** The judge waits while so much output is not written yet. */
const MAX_PENDING_CHARACTERS = 64 * 1024;

/** A wrong input: the message goes to stderr without a stack trace. */
class InputError extends Error {}
/** Nobody can take the output any more. */
class OutputError extends Error {}

/** Collects decisions and writes them when asked, one write at a time. */
class Output {
  #pending = '';

  constructor() {
    // The failure comes to the callback of the write too, and is handled there; without a listener it would be thrown as well.
    process.stdout.on('error', () => undefined);
  }

  add(line: string): void {
    this.#pending += line;
  }

  get isFull(): boolean {
    return this.#pending.length >= MAX_PENDING_CHARACTERS;
  }

  /** @throws OutputError with the failure as its cause */
  async flush(): Promise<void> {
    const text = this.#pending;
    if (text === '') return;
    this.#pending = '';
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(new OutputError(error.message, { cause: error }));
      });
    });
  }
}

function readRules(file: string): Rules {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`replay: ${file}: ${(cause as Error).message}`, { cause });
  }
  const read = readFleet(text, formatOf(file, text), { allowPrivate: true });
  if (!read.ok)
    throw new InputError(read.errors.map(({ path, message }) => `replay: ${file}: ${path === '' ? '' : `${path}: `}${message}`).join('\n'));
  return engineRules(read.fleet);
}

/** The trace, chunk by chunk. @throws InputError when it cannot be read */
async function* chunksOf(traceFile: string): AsyncGenerator<Uint8Array> {
  const input = traceFile === '-' ? process.stdin : createReadStream(traceFile, { highWaterMark: READ_BYTES });
  try {
    yield* input;
  } catch (cause) {
    throw new InputError(`replay: ${traceFile}: ${(cause as Error).message}`, { cause });
  }
}

/** Decides what the lines so far say, until they end or the output wants to be written. */
function judge(run: Replay, reader: TraceReader, lines: Lines, output: Output, traceFile: string): 'more' | 'full' {
  while (!output.isFull) {
    const next = lines.next();
    if (next === 'more') return 'more';
    const fail = (what: string): never => {
      throw new InputError(`replay: ${traceFile}:${lines.number}: ${what}`);
    };
    if (next === 'too-long') return fail(`is longer than ${MAX_LINE_BYTES} bytes`);
    const line = reader.read(lines.bytes, lines.from, lines.to);
    if (!line.ok) return fail(line.error);
    if (run.t !== null && line.t < run.t) return fail(`t: goes back from ${run.t} to ${line.t}`);
    run.feed(line.t, line.event);
  }
  return 'full';
}

async function replay(rules: Rules, traceFile: string, output: Output): Promise<{ lines: number; decisions: number }> {
  let decisions = 0;
  const run = new Replay(rules, (effect) => {
    decisions++;
    output.add(`${JSON.stringify(effect)}\n`);
  });
  const reader = new TraceReader(rules);
  const lines = new Lines();
  const judgeAll = async (): Promise<void> => {
    while (judge(run, reader, lines, output, traceFile) === 'full') await output.flush();
    await output.flush();
  };
  for await (const chunk of chunksOf(traceFile)) {
    lines.push(chunk);
    await judgeAll();
  }
  lines.end();
  await judgeAll();
  run.end();
  return { lines: lines.number, decisions };
}

function summary(done: { lines: number; decisions: number }, startedNs: bigint): string {
  const seconds = Number(process.hrtime.bigint() - startedNs) / 1e9;
  return `replay: ${done.lines} lines, ${done.decisions} decisions in ${seconds.toFixed(2)} s: ${Math.round(done.lines / seconds)} lines a second\n`;
}

interface Arguments {
  values: { fleet?: string; help?: boolean; summary?: boolean };
  positionals: string[];
}

/** @returns the exit code when the arguments already decide it */
function readArguments(): Arguments | number {
  let args: Arguments;
  try {
    args = parseArgs({
      options: { fleet: { type: 'string' }, help: { type: 'boolean', short: 'h' }, summary: { type: 'boolean' } },
      allowPositionals: true,
    });
  } catch (cause) {
    process.stderr.write(`replay: ${(cause as Error).message}\n${HELP}`);
    return 2;
  }
  if (args.values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.values.fleet !== undefined && args.positionals.length === 1) return args;
  process.stderr.write(HELP);
  return 2;
}

async function main(): Promise<number> {
  const args = readArguments();
  if (typeof args === 'number') return args;
  const [traceFile = ''] = args.positionals;
  const output = new Output();
  const startedNs = process.hrtime.bigint();
  try {
    const done = await replay(readRules(args.values.fleet ?? ''), traceFile, output).finally(() => output.flush());
    if (args.values.summary) process.stderr.write(summary(done, startedNs));
    return 0;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): number {
  if (error instanceof InputError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (!(error instanceof OutputError)) throw error;
  if ((error.cause as NodeJS.ErrnoException).code === 'EPIPE') return 0;
  process.stderr.write(`replay: the output: ${error.message}\n`);
  return 1;
}

process.exitCode = await main();
