import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const MAIN = fileURLToPath(new URL('../../lab/main.ts', import.meta.url));

/** What a benchmark reads of `npm run lab -- SCENARIO --json`. */
const reportSchema = z.object({ broken: z.array(z.string()), trials: z.array(z.record(z.string(), z.unknown())) });
export type LabReport = z.infer<typeof reportSchema>;

/**
 * Runs a scenario of the lab as a user would. What it says against the scenario's own promise, which is wider, is said too.
 * @throws when it came to no report, or to fewer trials than asked for: what was not measured is no figure
 */
export async function labReport(scenario: string, trials: number, say: (text: string) => void): Promise<LabReport> {
  const argv = ['--pdeathsig', 'KILL', process.execPath, MAIN, scenario, '--trials', `${trials}`, '--json'];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let last = '';
  createInterface({ input: child.stderr }).on('line', say);
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
  });
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (last === '') throw new Error(`the scenario ${scenario} gave no report`);
  const report = reportSchema.parse(JSON.parse(last));
  for (const sentence of report.broken) say(sentence);
  if (report.trials.length < trials) throw new Error(`only ${report.trials.length} of ${trials} trials came to an end`);
  return report;
}

/** One figure of all trials. @throws when a trial has it not as a number */
export function numbers({ trials }: LabReport, figure: string): number[] {
  return trials.map((trial, index) => {
    const value = trial[figure];
    if (typeof value !== 'number') throw new Error(`trial ${index + 1} has no ${figure}: ${JSON.stringify(trial)}`);
    return value;
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
