import { attack } from '../../abuse/attack.ts';
import type { Benchmark } from '../benchmark.ts';

const ROUND = 10_000;
const ROUNDS = 6;
const REQUESTS = ROUND * ROUNDS;
/** The heap of the runtime finds its size in the first rounds. What a request left behind for good would be there of the last as of the first. */
const LAST_ROUND_MIB = 32;

export const abuse: Benchmark = {
  name: 'abuse',
  story: `${REQUESTS} malformed requests over all routes against a real edge: what breaks, and what stays in memory`,
  async run(say) {
    const { statuses, broken, residentMb } = await attack(REQUESTS, 'bench', ROUND);
    say(`answers: ${JSON.stringify(statuses)}`);
    say(`resident memory after every ${ROUND}, MiB: ${residentMb.map(Math.round).join(' ')}`);
    for (const line of broken.slice(0, 20)) say(`BROKEN ${line}`);
    const [before = 0, after = 0] = residentMb.slice(-2);
    return [
      { what: `answers that must never be, of ${REQUESTS}`, value: broken.length, unit: 'answers', better: 'lower', promise: 0 },
      { what: `growth of the runtime in the last ${ROUND}`, value: after - before, unit: 'MiB', better: 'lower', promise: LAST_ROUND_MIB },
      { what: 'resident memory of the runtime after all of them', value: after, unit: 'MiB', better: 'lower' },
    ];
  },
};
