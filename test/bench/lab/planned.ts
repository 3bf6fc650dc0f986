import { missing } from '../../lab/requirements.ts';
import type { Benchmark, Figure } from '../benchmark.ts';
import { labReport, numbers, sum } from './lab-report.ts';

export const planned: Benchmark = {
  name: 'planned',
  story: 'what a planned switch to the standby and the staged return cost: packets, flows',
  trials: 5,
  lacks: () => missing().join('; ') || null,
  async run(say, trials) {
    const report = await labReport('planned', trials, say);
    const none = (what: string, figure: string, unit: string): Figure => ({
      what: `a planned switch and the staged return: ${what}, in all ${trials} trials`,
      value: sum(numbers(report, figure)),
      unit,
      better: 'lower',
      promise: 0,
    });
    return [
      none('datagrams lost of an established flow', 'lostEchoes', 'packets'),
      none('new flows without an echo', 'lostNewFlows', 'flows'),
      none(`established TCP flows that broke, of ${sum(numbers(report, 'flows'))}`, 'brokenFlows', 'flows'),
    ];
  },
};
