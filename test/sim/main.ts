import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arguments, HELP, readArguments } from './arguments.ts';
import type { Violation } from './invariants/invariant.ts';
import { INVARIANTS } from './invariants/registry.ts';
import { minimalRun } from './minimal.ts';
import { Prng } from './prng.ts';
import { sceneOf } from './scene.ts';
import { type Outcome, type Run, simulate } from './simulate.ts';

/*
 * `npm run simulate`: one seed, many virtual hours. Progress goes to stderr on a terminal; stdout has the seed first and the JSON summary last, and
 * is the same whenever the arguments are: how long it took goes to stderr.
 */

/** Of a seed, in the name of a trace. */
const LONGEST_FILE_NAME = 64;

const CONVERGENCE = 'once everything is mended, every site becomes as the fleet file wants it';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function progress(hours: number): Run['onProgress'] {
  if (!process.stderr.isTTY) return undefined;
  return (done) => process.stderr.write(`\r${done.hours.toFixed(1)} of ${hours} hours, round ${done.round + 1}, ${done.steps} steps `);
}

/** Writes the trace of the smallest run that breaks, and its fleet file beside it; answers their names. */
function writeTrace({ seed, traceDir }: Arguments, run: Run, broken: Outcome): { trace: string; fleet: string; faults: string[] } {
  process.stderr.write(`simulate: looking for a smaller run that breaks ${broken.violation?.invariant}\n`);
  const { outcome } = minimalRun(run, broken, () => performance.now());
  const name = join(traceDir, `simulate-${seed.replace(/[^\w.-]/g, '_').slice(0, LONGEST_FILE_NAME)}-${broken.violation?.invariant}`);
  mkdirSync(traceDir, { recursive: true });
  writeFileSync(`${name}.fleet.json`, `${run.scene.fleetText}\n`);
  writeFileSync(`${name}.jsonl`, outcome.trace?.text() ?? '');
  return { trace: `${name}.jsonl`, fleet: `${name}.fleet.json`, faults: outcome.told };
}

/** What broke at once; then, after a search that may take minutes, how little it takes to break it. */
function tellBroken(args: Arguments, run: Run, outcome: Outcome, { invariant, site, tMs, what }: Violation): ReturnType<typeof writeTrace> {
  const { seed, hours, sites, servers, vantages, wans } = args;
  say(`BROKEN after ${(tMs / 1000).toFixed(1)} s${site === null ? '' : ` at ${site}`}: ${invariant}`);
  say(`  it holds: ${INVARIANTS.find(({ name }) => name === invariant)?.holds ?? CONVERGENCE}`);
  say(`  but: ${what}`);
  const sizes = `--sites ${sites} --servers ${servers} --vantages ${vantages} --wans ${wans}`;
  say(`  again: npm run -s simulate -- --seed ${quoted(seed)} --hours ${hours} ${sizes}`);
  const written = writeTrace(args, run, outcome);
  for (const told of written.faults.slice(-20)) say(`  with: ${told}`);
  say(`  replay: npm run -s replay -- --fleet ${written.fleet} ${written.trace}`);
  return written;
}

/** As one word of a shell's line. */
function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A seed may be any text; one that is a number is told as a number. */
function numberIfOne(seed: string): string | number {
  return Number.isSafeInteger(Number(seed)) && String(Number(seed)) === seed ? Number(seed) : seed;
}

function run(args: Arguments): number {
  const { seed, hours, sites, servers, vantages, wans } = args;
  say(
    `seed ${seed}: ${hours} hours, ${sites} sites, ${servers} servers, ${vantages} vantages, ${wans} WANs, ${INVARIANTS.length + 1} invariants`,
  );
  const scene = sceneOf(seed, { servers, sites, vantages, wans }, new Prng(`${seed}/scene`));
  const startedMs = performance.now();
  const plan: Run = { scene, hours, sites: scene.sites };
  const report = progress(hours);
  const outcome = simulate(report === undefined ? plan : { ...plan, onProgress: report });
  if (report !== undefined) process.stderr.write('\n');
  process.stderr.write(`simulate: ${Math.round((performance.now() - startedMs) / 100) / 10} s\n`);
  const { violation, counts, steps, rounds, healedMs, ranMs } = outcome;
  const written = violation === null ? null : tellBroken(args, plan, outcome, violation);
  const faults = rounds.reduce((sum, round) => sum + round.length, 0);
  const ran = { hours, sites, servers, vantages, wans, siteHours: Math.round((ranMs / 3_600_000) * sites) };
  const violations = violation === null ? [] : [{ ...violation, ...(written ?? {}) }];
  say(JSON.stringify({ seed: numberIfOne(seed), ...ran, steps, violations, faults, rounds: rounds.length, ...counts, healedMs }));
  return violation === null ? 0 : 1;
}

const args = readArguments(process.argv.slice(2));
if (args === 'help') process.stdout.write(HELP);
else if (args.ok) process.exitCode = run(args.value);
else {
  process.stderr.write(`${args.reason.replace(/^/gm, 'simulate: ')}\n\n${HELP}`);
  process.exitCode = 2;
}
