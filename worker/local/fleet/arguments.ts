import { parseArgs } from 'node:util';
import { DEFAULT_PORT } from '../arguments.ts';

export const COMMANDS = ['validate', 'diff', 'push', 'pull', 'versions', 'rollback'] as const;
export type Command = (typeof COMMANDS)[number];

export interface FleetOptions {
  command: Command;
  /** Without a slash at the end. */
  edge: string;
  tokenFile: string;
  /** The fleet file; null for `versions`, `rollback`, and `pull` to the terminal. */
  file: string | null;
  /** Of `rollback`. */
  version: number | null;
  note: string;
  force: boolean;
}

export const HELP = `Usage: npm run -s fleet -- COMMAND [options] [FILE]

The fleet's configuration as code. FILE is TOML or JSON, as its name ends, or begins with a brace.

  validate FILE      every error of the file, without an edge
  diff FILE          what a push would change
  push FILE          makes FILE the edge's configuration; refused when the edge has changed since FILE was pulled or pushed
  pull [FILE]        writes the edge's configuration to FILE (without one: to the terminal)
  versions           the versions that the edge has, newest first
  rollback VERSION   an earlier version again, as a new one

  --edge URL         the edge (default http://127.0.0.1:${DEFAULT_PORT})
  --token-file F     the file with the administrator's token (default .farwatch/edge/admin-token)
  --note TEXT        kept with the version that a push makes
  --force            push whatever the edge has; pull over a FILE that was edited
  --help             this text

Beside FILE a pull and a push leave FILE.pulled, which says of which version FILE is. Commit it or not: without it a push takes what the edge has.
Exit codes: 0 done (diff: the same; validate: no errors), 1 diff: FILE differs; validate: FILE has errors; push: refused, the edge has changed;
pull: refused, FILE was edited. 2 an error: wrong usage, a bad file, an edge that cannot be reached or does not take it.
`;

/** The options; `wrong`: what is wrong with them. */
export function parseFleet(argv: readonly string[]): FleetOptions | { wrong: string } | 'help' {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return { wrong: error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : String(error) };
  }
  const { values, positionals } = parsed;
  if (values.help) return 'help';
  const [name, operand, ...more] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined) return { wrong: name === undefined ? 'a command is missing' : `there is no command ${name}` };
  const wrong = wrongOperand(command, operand, more);
  if (wrong !== null) return { wrong };
  const edge = URL.parse(values.edge ?? `http://127.0.0.1:${DEFAULT_PORT}`);
  if (edge === null || !/^https?:$/.test(edge.protocol))
    return { wrong: `--edge is "${values.edge}", but must be a URL like https://edge.example` };
  return {
    command,
    edge: edge.href.replace(/\/+$/, ''),
    tokenFile: values['token-file'] ?? '.farwatch/edge/admin-token',
    file: command === 'rollback' ? null : (operand ?? null),
    version: command === 'rollback' ? Number(operand) : null,
    note: values.note ?? '',
    force: values.force ?? false,
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      edge: { type: 'string' },
      'token-file': { type: 'string' },
      note: { type: 'string' },
      force: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

function wrongOperand(command: Command, operand: string | undefined, more: readonly string[]): string | null {
  if (more.length > 0) return `${more.join(' ')} is too much`;
  if (command === 'rollback') return /^[1-9]\d{0,8}$/.test(operand ?? '') ? null : 'rollback needs the number of a version: see "versions"';
  if (command === 'versions') return operand === undefined ? null : 'versions takes no file';
  return command === 'pull' || operand !== undefined ? null : `${command} needs a FILE`;
}
