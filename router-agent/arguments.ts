import { parseArgs } from 'node:util';
import { fail, messageOf, type Outcome, succeed } from './outcome.ts';
import { DEFAULT_CONFIG } from './usage.ts';

export const COMMANDS = ['run', 'check', 'status', 'plan', 'switch', 'teardown'] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Invocation =
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'command'; name: CommandName; config: string; json: boolean; server: string | null };

/** Reads the command line. A failure is wrong usage (exit code 2). */
export function readArguments(argv: readonly string[]): Outcome<Invocation> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return fail(messageOf(error));
  }
  const { values, positionals } = parsed;
  if (values.help) return succeed({ kind: 'help' });
  if (values.version) return succeed({ kind: 'version' });
  const [word, ...rest] = positionals;
  const name = COMMANDS.find((command) => command === word);
  if (word === undefined) return fail('a command is missing');
  if (name === undefined) return fail(`"${word}" is no command; there are ${COMMANDS.join(', ')}`);
  if (name === 'switch' ? rest.length !== 1 : rest.length > 0)
    return fail(name === 'switch' ? 'switch takes one SERVER' : `${name} takes no "${rest[0]}"`);
  if (values.json && name !== 'status') return fail(`${name} has no --json`);
  return succeed({ kind: 'command', name, config: values.config ?? DEFAULT_CONFIG, json: values.json ?? false, server: rest[0] ?? null });
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  });
}
