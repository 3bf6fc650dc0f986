import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { engineRules } from '../fleet-file/engine-rules.ts';
import { readFleet } from '../fleet-file/read.ts';
import { Replay } from './replay.ts';
import type { Rules } from './step.ts';
import { readTraceLine } from './trace.ts';

const HELP = `usage: npm run -s replay -- --fleet FILE TRACE

Runs recorded evidence (JSON Lines) through the decision engine and prints its decisions, JSON Lines.
  --fleet FILE   the fleet file (TOML or JSON)
  TRACE          the evidence; "-" reads standard input
Exit codes: 0 done, 2 a wrong argument, fleet file or trace line.
`;

/** A wrong input: the message goes to stderr without a stack trace. */
class InputError extends Error {}

function readRules(file: string): Rules {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`replay: ${file}: ${(cause as Error).message}`, { cause });
  }
  const format = file.endsWith('.toml') ? 'toml' : 'json';
  const read = readFleet(text, format, { allowPrivate: true });
  if (!read.ok) throw new InputError(read.errors.map((error) => `replay: ${file}: ${error.path}: ${error.message}`).join('\n'));
  return engineRules(read.fleet);
}

async function replay(fleetFile: string, traceFile: string): Promise<void> {
  const rules = readRules(fleetFile);
  let out = '';
  const run = new Replay(rules, (effect) => {
    out += `${JSON.stringify(effect)}\n`;
    if (out.length > 65_536) {
      process.stdout.write(out);
      out = '';
    }
  });
  try {
    await feedAll(run, rules, traceFile);
    run.end();
  } finally {
    process.stdout.write(out);
  }
}

async function feedAll(run: Replay, rules: Rules, traceFile: string): Promise<void> {
  const input = traceFile === '-' ? process.stdin : createReadStream(traceFile);
  let number = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (text.trim() === '') continue;
      const line = readTraceLine(text, rules);
      if (!line.ok) throw new InputError(`replay: ${traceFile}:${number}: ${line.error}`);
      if (run.t !== null && line.t < run.t) throw new InputError(`replay: ${traceFile}:${number}: t: goes back from ${run.t} to ${line.t}`);
      run.feed(line.t, line.event);
    }
  } catch (cause) {
    if (cause instanceof InputError || (cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new InputError(`replay: ${traceFile}: ${(cause as Error).message}`, { cause });
  }
}

async function main(): Promise<number> {
  let args: { values: { fleet?: string; help?: boolean }; positionals: string[] };
  try {
    args = parseArgs({ options: { fleet: { type: 'string' }, help: { type: 'boolean', short: 'h' } }, allowPositionals: true });
  } catch (cause) {
    process.stderr.write(`replay: ${(cause as Error).message}\n${HELP}`);
    return 2;
  }
  if (args.values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [trace] = args.positionals;
  if (args.values.fleet === undefined || trace === undefined || args.positionals.length > 1) {
    process.stderr.write(HELP);
    return 2;
  }
  try {
    await replay(args.values.fleet, trace);
    return 0;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main();
