import { echoesReturnBy, leaked, normal } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { delayLines, dropOnLines, mendLines, narrowLines } from '../rough-lines.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** How long the line is bad in one trial. */
const TRIAL_MS = 60_000;
/** Downloads and uploads, of 100 kB/s each: far more than the narrow line carries. */
const LOADS = 24;
const NARROW_MBIT = 10;

interface Trouble {
  name: string;
  story: string;
  begin(lab: Lab): Promise<unknown>;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'saturated',
    story: `both lines carry ${NARROW_MBIT} Mbit/s each way, and ${LOADS} downloads and ${LOADS} uploads fill them`,
    async begin({ tools }) {
      await narrowLines(NARROW_MBIT);
      for (let load = 0; load < LOADS; load++) await tools.flows.open(0, true, true);
    },
  },
  { name: 'loss-5', story: '5 of 100 packets are lost, each way', begin: () => dropOnLines('numgen random mod 100 < 5') },
  { name: 'loss-10', story: '10 of 100 packets are lost, each way', begin: () => dropOnLines('numgen random mod 100 < 10') },
  { name: 'bursty', story: '10 packets in a row are lost of every 250, each way', begin: () => dropOnLines('numgen inc mod 250 < 10') },
  { name: 'jitter', story: 'round trips take 40 ± 10 ms, one packet as the next', begin: () => delayLines(15, 25) },
];

/** Lines that are bad but not dead: nothing is to be gained by a switch. Long, so never part of all tests. */
export const rough: readonly Scenario[] = TROUBLES.map((trouble) => ({
  name: trouble.name,
  story: `${trouble.story}, for ${TRIAL_MS / 1000} s`,
  promise: 'no false switch: the agent cuts nothing, the edge moves nothing',
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 1, inTests: 0, inCi: 0 },
  trial: (lab) => endure(lab, trouble),
}));

async function endure(lab: Lab, trouble: Trouble): Promise<TrialResult> {
  const { tools, edge, agent } = lab;
  await normal(lab);
  await echoesReturnBy(lab, 'a', nowMs());
  const [before, cutsBefore, logBefore] = [await edge.site(), (await agent.status()).cuts, agent.log().length];
  const fromMs = nowMs();
  await trouble.begin(lab);
  await new Promise((resolve) => setTimeout(resolve, TRIAL_MS));
  const status = await agent.status();
  const after = await edge.site();
  const udp = await tools.udp.summary(fromMs);
  await mendLines();
  await tools.flows.closeAll();
  const log = agent.log().slice(logBefore);
  const deaths = [...log.matchAll(/ (\w+): path dead/g)].map(([, server]) => server ?? '');
  const falseSwitches = Math.max(status.cuts - cutsBefore, after.epoch - before.epoch);
  if (falseSwitches > 0) lab.say(`the agent says:\n${log.split('\n').slice(-60).join('\n')}`);
  return {
    figures: {
      outageMs: null,
      seconds: TRIAL_MS / 1000,
      falseSwitches,
      falseDeaths: deaths.length,
      suspicions: [...log.matchAll(/: suspected/g)].length,
      longestSilenceMs: Math.round(udp.gap.ms),
      datagramsLost: udp.lostMs.length,
      rttMs: Math.round(status.paths.find(({ server }) => server === 'a')?.rttMs ?? -1),
      loss: status.paths.find(({ server }) => server === 'a')?.loss ?? -1,
    },
    broken: [
      ...unless(falseSwitches === 0, `${falseSwitches} false switch(es); paths called dead: ${deaths.join(', ') || 'none'}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}
