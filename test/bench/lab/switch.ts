import { spread } from '../../lab/report.ts';
import { missing } from '../../lab/requirements.ts';
import type { Benchmark } from '../benchmark.ts';
import { labReport, numbers } from './lab-report.ts';

const MEDIAN_MS = 5;

export const switchOver: Benchmark = {
  name: 'switch',
  story: 'one cut on the router, from the decision to the kernel, as the agent itself tells it',
  trials: 20,
  lacks: () => missing().join('; ') || null,
  async run(say, trials) {
    const applied = spread(numbers(await labReport('failover', trials, say), 'applyMs'));
    const { median = Number.NaN, p99 = Number.NaN } = applied ?? {};
    const what = 'a cut, from the decision to the kernel';
    return [
      { what: `${what}, median of ${trials}`, value: median, unit: 'ms', better: 'lower', promise: MEDIAN_MS },
      { what: `${what}, p99 of ${trials}`, value: p99, unit: 'ms', better: 'lower' },
    ];
  },
};
