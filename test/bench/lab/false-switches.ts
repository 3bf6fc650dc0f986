import { missing } from '../../lab/requirements.ts';
import type { Benchmark, Figure } from '../benchmark.ts';
import { labReport, numbers, sum } from './lab-report.ts';

/** A scenario of the lab, what its line is like, and whether it is promised that nothing is switched there. */
const LINES = [
  { scenario: 'saturated', line: 'a saturated line', isPromised: true },
  { scenario: 'loss-5', line: 'a line that loses 5 %', isPromised: true },
  { scenario: 'jitter', line: 'a line of 40 ± 10 ms', isPromised: true },
  { scenario: 'loss-10', line: 'a line that loses 10 %', isPromised: false },
  { scenario: 'bursty', line: 'a line that loses 10 packets in a row', isPromised: false },
] as const;

export const falseSwitches: Benchmark = {
  name: 'false-switches',
  story: 'how often traffic is moved off a path that is bad but alive; a trial is a minute on each of five lines',
  trials: 10,
  lacks: () => missing().join('; ') || null,
  async run(say, trials) {
    const figures: Figure[] = [];
    for (const { scenario, line, isPromised } of LINES) {
      const value = sum(numbers(await labReport(scenario, trials, say), 'falseSwitches'));
      const what = `false switches on ${line}, in ${trials} minutes`;
      figures.push({ what, value, unit: 'switches', better: 'lower', ...(isPromised ? { promise: 0 } : {}) });
    }
    return figures;
  },
};
