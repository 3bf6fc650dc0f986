import { spread } from '../../lab/report.ts';
import { missing } from '../../lab/requirements.ts';
import type { Benchmark } from '../benchmark.ts';
import { labReport, numbers, sum } from './lab-report.ts';

/** The client's silence, in milliseconds: beyond 200 TCP falls into its next retransmission. */
const MEDIAN_MS = 300;

export const wanLoss: Benchmark = {
  name: 'wan-loss',
  story: 'what a client notices when the line that the tunnels use goes dead, and both VPSs live on',
  trials: 20,
  lacks: () => missing().join('; ') || null,
  async run(say, trials) {
    const report = await labReport('wan-loss', trials, say);
    const gaps = numbers(report, 'outageMs');
    const { median = Number.NaN, p99 = Number.NaN } = spread(gaps) ?? {};
    const silence = 'a WAN dies: silence of a UDP flow (10 ms)';
    return [
      { what: `${silence}, median of ${trials}`, value: median, unit: 'ms', better: 'lower', promise: MEDIAN_MS },
      { what: `${silence}, p99 of ${trials}`, value: p99, unit: 'ms', better: 'lower' },
      {
        what: `a WAN dies: established TCP flows that broke, in all ${trials} trials`,
        value: sum(numbers(report, 'brokenFlows')),
        unit: 'flows',
        better: 'lower',
        promise: 0,
      },
    ];
  },
};
