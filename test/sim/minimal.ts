import type { Fault } from './faults/fault.ts';
import { shrink } from './shrink.ts';
import { type Outcome, type Run, simulate } from './simulate.ts';

/** Runs that the search for a smaller one may take, and how long: it stops early rather than keep somebody waiting. */
const MOST_RUNS = 150;
const MOST_MS = 120_000;

/**
 * A smaller run that breaks the same invariant: of one site, without the rounds before, without every fault that it does not need. Falls back to the whole
 * run where the violation needs it. `clock` is the caller's, in milliseconds.
 */
export function minimalRun(run: Run, broken: Outcome, clock: () => number): { run: Run; outcome: Outcome } {
  const { violation } = broken;
  if (violation === null) throw new Error('nothing is broken, there is nothing to shrink');
  const startedMs = clock();
  const site = violation.site ?? run.sites[0] ?? '';
  let best: { run: Run; outcome: Outcome } | null = null;
  const attempt = (candidate: Run): boolean => {
    if (clock() - startedMs > MOST_MS) return false;
    const outcome = simulate({ ...candidate, record: site });
    const same = outcome.violation?.invariant === violation.invariant && outcome.violation.site === violation.site;
    if (same) best = { run: candidate, outcome };
    return same;
  };
  const alone = violation.site === null ? run.sites : [violation.site];
  const last = broken.rounds.at(-1) ?? [];
  const starts: Run[] = [
    { ...run, sites: alone, faults: [last] },
    { ...run, sites: run.sites, faults: [last] },
    { ...run, sites: alone, faults: broken.rounds },
  ];
  const base = starts.find(attempt);
  if (base !== undefined) {
    const faults = base.faults?.flat() ?? [];
    const rounds = (part: readonly Fault[]): Fault[][] =>
      (base.faults ?? []).map((round) => round.filter((fault) => part.includes(fault))).filter((round) => round.length > 0);
    shrink(faults, (part) => attempt({ ...base, faults: rounds(part) }), MOST_RUNS);
  }
  return best ?? { run, outcome: simulate({ ...run, record: site }) };
}
