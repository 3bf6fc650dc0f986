import type { Benchmark } from '../benchmark.ts';
import { killMany } from './kill.ts';

const KILLS = 50;

export const kills: Benchmark = {
  name: 'kills',
  story: `kill -9 of workerd at ${KILLS} random moments under load: what was acknowledged and is lost, doubled or taken back`,
  async run(say) {
    const { acknowledged, messages, wrong } = await killMany(KILLS, Math.random, say);
    for (const what of wrong) say(what);
    say(`${acknowledged} acknowledged facts, ${messages} messages`);
    return [
      {
        what: `facts lost or doubled over ${KILLS} kills, of ${acknowledged}`,
        value: wrong.length,
        unit: 'facts',
        better: 'lower',
        promise: 0,
      },
    ];
  },
};
