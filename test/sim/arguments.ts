import { parseArgs } from 'node:util';

export interface Arguments {
  seed: string;
  hours: number;
  sites: number;
  servers: number;
  vantages: number;
  wans: number;
  traceDir: string;
}

export const HELP = `usage: npm run -s simulate -- [--seed N] [--hours H] [--sites S] [--servers V] [--vantages N] [--wans N] [--trace-dir DIR]

Runs the real judge, edge and router logic in a simulated world that breaks, and holds it to its invariants at every step.
  --seed N         what happens: a number, or any text; the same seed is the same run (default 1)
  --hours H        virtual hours (default 20)
  --sites S        routers, 1-64 (default 5)
  --servers V      VPSs, 1-16 (default 4)
  --vantages N     places that probe, 1-11 (default 3)
  --wans N         WANs of each router, 1-4 (default 2)
  --trace-dir DIR  where the trace of a broken run goes (default: here)
The last line on stdout is a JSON summary. Exit codes: 0 all invariants held, 1 one broke (a trace for "npm run -s replay" and its fleet file are
written), 2 a wrong argument.
`;

/** `help`, the arguments, or what is wrong with them. */
export function readArguments(argv: readonly string[]): 'help' | { ok: true; value: Arguments } | { ok: false; reason: string } {
  let values: Record<string, string | boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    const options = { seed: text, hours: text, sites: text, servers: text, vantages: text, wans: text, 'trace-dir': text };
    values = parseArgs({ args: withNegativeSeed(argv), options: { ...options, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return 'help';
  const wrong: string[] = [];
  const number = (name: string, fallback: number, min: number, max: number, whole = true): number => {
    const given = values[name];
    const value = given === undefined ? fallback : Number(given);
    const fits = given !== '' && Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (!fits) wrong.push(`--${name} is "${given}", but must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
    return value;
  };
  const seed = String(values.seed ?? '1');
  if (seed === '') wrong.push('--seed is empty, but must be a number or a text');
  const value: Arguments = {
    seed,
    hours: number('hours', 20, 0.01, 100_000, false),
    sites: number('sites', 5, 1, 64),
    servers: number('servers', 4, 1, 16),
    vantages: number('vantages', 3, 1, 11),
    wans: number('wans', 2, 1, 4),
    traceDir: String(values['trace-dir'] ?? '.'),
  };
  return wrong.length === 0 ? { ok: true, value } : { ok: false, reason: wrong.join('\n') };
}

/** A seed may begin with a dash: `--seed -1` would be taken for two options. */
function withNegativeSeed(argv: readonly string[]): string[] {
  const at = argv.indexOf('--seed');
  const seed = argv[at + 1];
  return at < 0 || seed === undefined || seed.startsWith('--')
    ? [...argv]
    : [...argv.slice(0, at), `--seed=${seed}`, ...argv.slice(at + 2)];
}
