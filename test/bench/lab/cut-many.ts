import { spread } from '../../lab/report.ts';
import { missing } from '../../lab/requirements.ts';
import type { Benchmark } from '../benchmark.ts';
import { labReport, numbers, sum } from './lab-report.ts';

/** Within so many milliseconds of the cut all clients know. */
const TOLD_MS = 500;

export const cutMany: Benchmark = {
  name: 'cut-1000',
  story: 'how soon all clients of 1,000 TCP flows know when the Active VPS dies, those too that only receive',
  trials: 10,
  lacks: () => missing().join('; ') || null,
  async run(say, trials) {
    const report = await labReport('many-flows', trials, say);
    const median = (figure: string) => spread(numbers(report, figure))?.median ?? Number.NaN;
    const last = 'the last of 1,000 clients knows that its TCP flow is over';
    return [
      {
        what: `${last}, after the cut, median of ${trials}`,
        value: median('lastToldAfterCutMs'),
        unit: 'ms',
        better: 'lower',
        promise: TOLD_MS,
      },
      { what: `${last}, after the fault, median of ${trials}`, value: median('lastToldMs'), unit: 'ms', better: 'lower' },
      {
        what: `clients of 1,000 that never knew, in all ${trials} trials`,
        value: sum(numbers(report, 'untold')),
        unit: 'flows',
        better: 'lower',
        promise: 0,
      },
    ];
  },
};
