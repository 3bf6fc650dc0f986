import { attack } from '../../abuse/attack.ts';
import type { Benchmark } from '../benchmark.ts';

const REQUESTS = 20_000;

export const abuse: Benchmark = {
  name: 'abuse',
  story: `${REQUESTS} malformed requests over all routes against a real edge: what breaks, and what stays in memory`,
  async run(say) {
    const { statuses, broken, grownMb } = await attack(REQUESTS, 'bench');
    say(`answers: ${JSON.stringify(statuses)}`);
    for (const line of broken.slice(0, 20)) say(`BROKEN ${line}`);
    return [
      { what: `answers that must never be, of ${REQUESTS}`, value: broken.length, unit: 'answers', better: 'lower', promise: 0 },
      { what: 'growth of the runtime after the first 500', value: grownMb, unit: 'MiB', better: 'lower', promise: 256 },
    ];
  },
};
