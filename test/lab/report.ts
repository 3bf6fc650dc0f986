import type { Scenario, ScenarioResult, Trial } from './scenarios/scenario.ts';

interface Spread {
  median: number;
  p99: number;
  min: number;
  max: number;
}

/** What the lab prints: the last line of `--json`. */
export interface Report {
  scenario: string;
  ok: boolean;
  promise: string;
  /** Each way in which the promise was broken, as a sentence. */
  broken: string[];
  trials: Trial[];
  /** Over all trials that have an outage; null: none has. Milliseconds. */
  outageMs: Spread | null;
  seconds: number;
}

export function makeReport(scenario: Scenario, { trials, broken }: ScenarioResult, seconds: number): Report {
  const outages = trials.flatMap(({ outageMs }) => (outageMs === null ? [] : [outageMs]));
  return {
    scenario: scenario.name,
    ok: broken.length === 0,
    promise: scenario.promise,
    broken,
    trials,
    outageMs: spread(outages),
    seconds,
  };
}

/** By the nearest-rank method, except that the median of an even number is the mean of the middle two. Null for an empty list. */
export function spread(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? 0;
  if (sorted.length === 0) return null;
  const middle = sorted.length / 2;
  const median = (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2;
  return { median, p99: at(Math.ceil(sorted.length * 0.99) - 1), min: at(0), max: at(sorted.length - 1) };
}

/** The same for people: a line a trial, the spread, and whether the promise held. */
export function describe(report: Report): string {
  const columns = [...new Set(report.trials.flatMap((trial) => Object.keys(trial)))];
  const rows = [
    ['trial', ...columns],
    ...report.trials.map((trial, index) => [`${index + 1}`, ...columns.map((column) => cell(trial[column]))]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const table = rows.map((row) => row.map((text, column) => text.padStart(widths[column] ?? 0)).join('  '));
  const { outageMs } = report;
  const outage = outageMs
    ? [`outage of the client: median ${outageMs.median} ms, p99 ${outageMs.p99}, min ${outageMs.min}, max ${outageMs.max}`]
    : [];
  const verdict = report.ok
    ? [`promise kept: ${report.promise}`]
    : [`PROMISE BROKEN: ${report.promise}`, ...report.broken.map((line) => `  - ${line}`)];
  return [...table, '', ...outage, ...verdict].join('\n');
}

function cell(value: Trial[string] | undefined): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}
