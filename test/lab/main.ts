import { parseArgs } from 'node:util';
import { buildLab } from './build.ts';
import { explain } from './explain.ts';
import { isIsolated, isolate, privateRun } from './isolate.ts';
import { comeFirst } from './priority.ts';
import { logTails } from './processes.ts';
import { describe, makeReport, type Report } from './report.ts';
import { missing } from './requirements.ts';
import { SCENARIOS } from './scenarios/registry.ts';
import type { Scenario, ScenarioResult } from './scenarios/scenario.ts';

const MAX_TRIALS = 1000;

const HELP = `Usage: npm run lab -- SCENARIO [--trials N] [--json]
       npm run lab -- list

Builds a network of namespaces on this machine – a client, a router with two lines, two VPSs with WireGuard tunnels, the edge – breaks something, and
measures what the client notices. Needs Linux and root; leaves nothing behind.

  --trials N   how often (default: the scenario's own)
  --json       the result as one line of JSON, the last on stdout; progress goes to stderr
  --help       this text

Exit code: 0 the scenario's promise was kept, 1 it was broken, 2 wrong use, 3 this machine lacks something.
`;

const EXIT = { kept: 0, broken: 1, usage: 2, lacking: 3 } as const;

interface Options {
  scenario: Scenario;
  trials: number;
  json: boolean;
}

function readOptions(argv: string[]): Options | { text: string; code: number } {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return { text: `lab: ${(error as Error).message}\n${HELP}`, code: EXIT.usage };
  }
  const [name, ...rest] = parsed.positionals;
  if (parsed.values.help) return { text: HELP, code: EXIT.kept };
  if (name === 'list') return { text: list(), code: EXIT.kept };
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario || rest.length > 0) {
    const problem = name === undefined ? 'name a scenario' : rest.length > 0 ? 'one scenario at a time' : `no scenario "${name}"`;
    return { text: `lab: ${problem}; there are:\n${list()}`, code: EXIT.usage };
  }
  const trials = Number(parsed.values.trials ?? scenario.trials.byHand);
  if (!Number.isInteger(trials) || trials < 1 || trials > MAX_TRIALS) {
    return { text: `lab: --trials is ${parsed.values.trials}, but must be a whole number from 1 to ${MAX_TRIALS}\n`, code: EXIT.usage };
  }
  return { scenario, trials, json: parsed.values.json ?? false };
}

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: { trials: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
}

function list(): string {
  return SCENARIOS.map(({ name, story, promise }) => `${name.padEnd(17)}${story}\n${' '.repeat(17)}promise: ${promise}\n`).join('');
}

function say(text: string): void {
  process.stderr.write(`lab: ${(performance.now() / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
}

async function runScenario({ scenario, trials }: Options): Promise<ScenarioResult> {
  const result: ScenarioResult = { trials: [], broken: [] };
  try {
    const lab = await buildLab(scenario, say);
    for (let number = 1; number <= trials; number++) {
      say(`${scenario.name}: trial ${number} of ${trials}`);
      const { figures, broken } = await scenario.trial(lab);
      result.trials.push(figures);
      result.broken.push(...broken.map((sentence) => `trial ${number}: ${sentence}`));
    }
    result.broken.push(...(scenario.overall?.(result.trials) ?? []));
  } catch (error) {
    // A lab that did not come to its end has kept no promise; the logs go to stderr, for they vanish with the lab.
    result.broken.push(`trial ${result.trials.length + 1} did not end: ${explain(error)}`);
  }
  if (result.broken.length > 0) say(`the processes' last words:\n${logTails()}`);
  return result;
}

function print(report: Report, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${describe(report)}\n`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if ('text' in options) {
    (options.code === EXIT.kept ? process.stdout : process.stderr).write(options.text);
    return options.code;
  }
  const lacking = isIsolated() ? [] : missing();
  if (lacking.length > 0) {
    process.stderr.write(`lab: this machine lacks\n${lacking.map((line) => `  - ${line}\n`).join('')}`);
    return EXIT.lacking;
  }
  if (!isIsolated()) return isolate();
  await privateRun();
  comeFirst(say);
  const startedMs = Date.now();
  const result = await runScenario(options);
  const report = makeReport(options.scenario, result, Math.round((Date.now() - startedMs) / 1000));
  print(report, options.json);
  return report.ok ? EXIT.kept : EXIT.broken;
}

// The daemons still run: leaving ends them, being the first process of the namespace.
process.exit(await main());
