import './small-process.ts';
import { readArguments } from './arguments.ts';
import { commands } from './commands/registry.ts';
import { loadConfig } from './config.ts';
import { messageOf } from './outcome.ts';
import { USAGE } from './usage.ts';
import { VERSION } from './version.ts';

const out = (text: string) => void process.stdout.write(text);
const err = (text: string) => void process.stderr.write(text);

/** The only place that exits: the code is 0, 1 (a problem) or 2 (wrong usage). */
async function main(argv: readonly string[]): Promise<number> {
  const invocation = readArguments(argv);
  if (!invocation.ok) {
    err(`farwatch-agent: ${invocation.reason}\n\n${USAGE}`);
    return 2;
  }
  if (invocation.value.kind === 'help') return say(USAGE);
  if (invocation.value.kind === 'version') return say(`${VERSION}\n`);
  const { name, config: path, json, server } = invocation.value;
  const loaded = loadConfig(path);
  if (!loaded.ok) {
    for (const problem of loaded.problems) err(`farwatch-agent: ${problem}\n`);
    return 1;
  }
  const context = {
    config: loaded.config,
    out,
    err,
    signal: endOfProcess(),
    colour: process.stdout.isTTY && process.env.NO_COLOR === undefined,
  };
  return commands[name](context, { json, server });
}

function say(text: string): number {
  out(text);
  return 0;
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. */
function endOfProcess(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    err(`farwatch-agent: internal error: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`);
    process.exit(1);
  },
);
