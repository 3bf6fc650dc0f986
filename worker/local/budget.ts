import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Assumptions, WORLD } from '../budget/assumptions.ts';
import { type Budget, budgetOf } from '../budget/budget.ts';
import { type Change, changesThatFit } from '../budget/changes.ts';
import { FREE_LIMITS, type Plan } from '../budget/plans.ts';
import { budgetText, excessText } from '../budget/text.ts';
import { formatOf } from '../fleet-file/format.ts';
import { readFleet } from '../fleet-file/read.ts';
import type { Fleet } from '../fleet-file/schema.ts';

const HELP = `usage: npm run -s budget -- --fleet FILE [--plan free|paid] [--page-hours H] [--json]

States what a fleet uses of Cloudflare a day, typically and with everything down, against the plan that it names.
  --fleet FILE     the fleet file (TOML or JSON)
  --plan P         against another plan than the file's
  --page-hours H   hours a day that the status page is open, over all readers (default ${WORLD.pageHours})
  --json           the same as one JSON object
Exit codes: 0 it fits, 1 it does not, 2 a wrong argument or fleet file.
`;

/** A wrong input: the message goes to stderr without a stack trace. */
class InputError extends Error {}

interface Options {
  fleet: string;
  plan: Plan | undefined;
  pageHours: number;
  json: boolean;
}

/** The options; null when help was asked for. */
function parse(argv: string[]): Options | null {
  const { values } = parseValues(argv);
  if (values.help) return null;
  if (values.fleet === undefined) throw new InputError(`budget: --fleet is missing\n${HELP}`);
  const { plan } = values;
  if (plan !== undefined && plan !== 'free' && plan !== 'paid')
    throw new InputError(`budget: --plan is "${plan}", but must be free or paid`);
  const pageHours = values['page-hours'] === undefined ? WORLD.pageHours : Number(values['page-hours']);
  if (!(pageHours >= 0 && pageHours <= 24_000) || values['page-hours'] === '')
    throw new InputError(`budget: --page-hours is "${values['page-hours']}", but must be a number from 0 to 24000`);
  return { fleet: values.fleet, plan, pageHours, json: values.json ?? false };
}

function parseValues(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        fleet: { type: 'string' },
        plan: { type: 'string' },
        'page-hours': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw new InputError(`budget: ${(cause as Error).message}\n${HELP}`, { cause });
  }
}

function readFile(file: string): Fleet {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`budget: ${file}: ${(cause as Error).message}`, { cause });
  }
  const read = readFleet(text, formatOf(file, text), { allowPrivate: true });
  if (!read.ok)
    throw new InputError(read.errors.map(({ path, message }) => `budget: ${file}: ${path === '' ? '' : `${path}: `}${message}`).join('\n'));
  return read.fleet;
}

/** The answer for programs: usage a day, dollars a month. */
function asJson(fleet: Fleet, budget: Budget, changes: readonly Change[], assumptions: Assumptions): string {
  const { plan, fits, typical, everythingDown } = budget;
  const exceeded = budget.exceeded.map((excess) => ({ ...excess, over: excess.used - excess.limit, message: excessText(excess) }));
  const report = {
    fleet: fleet.fleet.name,
    plan,
    fits,
    typical: typical.usage,
    everythingDown: everythingDown.usage,
    limits: plan === 'free' ? FREE_LIMITS : null,
    exceeded,
    changes: changes.map(({ text }) => text),
    monthlyUsd: { typical: typical.monthlyUsd, everythingDown: everythingDown.monthlyUsd },
    parts: { typical: typical.parts, everythingDown: everythingDown.parts },
    assumptions,
  };
  const rounded = (_key: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
  return `${JSON.stringify(report, rounded, 2)}\n`;
}

function main(argv: string[]): number {
  const options = parse(argv);
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const file = readFile(options.fleet);
  const fleet: Fleet = { ...file, fleet: { ...file.fleet, plan: options.plan ?? file.fleet.plan } };
  const assume = { ...WORLD, pageHours: options.pageHours };
  const budget = budgetOf(fleet, assume);
  const changes = changesThatFit(fleet, assume);
  process.stdout.write(options.json ? asJson(fleet, budget, changes, assume) : budgetText(fleet, budget, changes, assume));
  return budget.fits ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`${error.message.trimEnd()}\n`);
  process.exitCode = 2;
}
