import { echoesReturnBy, leaked, normal } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { waitFor } from '../processes.ts';
import { difference, kernelState } from '../router.ts';
import { buildSpare, startSpare } from '../spare.ts';
import { blackholeVps, healVps } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const LEASE_S = 5;
/** Who is refused asks again after at most this, whatever the lease. */
const RETRY_S = 30;
/** The lease, the pause of who was refused, and a start. */
const TAKE_OVER_MS = (LEASE_S + RETRY_S + 5) * 1000;
/** While nothing is broken. An echo comes each 10 ms; a busy machine may be late with some. In milliseconds. */
const GAP_MS = 1000;
/** Each single trial, wide enough for a busy machine, as in `failover`, which measures the median too. In milliseconds. */
const OUTAGE_MS = 2000;

export const twoAgents: Scenario = {
  name: 'two-agents',
  story: `a second router for the same site is switched on by mistake, and ${RETRY_S} s later off again; while it is there, the Active VPS dies`,
  promise: `the agent that started last speaks for the site, the other is told 409, keeps its traffic where it is and cuts by itself; they do not take turns; it is heard again within ${TAKE_OVER_MS / 1000} s of the end of the second`,
  fleet: { preemptDelayS: 1, soakS: 0.5, leaseS: LEASE_S },
  prepare: buildSpare,
  trials: { byHand: 1, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, agent, edge } = lab;
  await normal(lab);
  await echoesReturnBy(lab, 'a', nowMs());
  const rules = await kernelState();
  const startMs = nowMs();
  lab.say('starting a second agent for the site');
  const spare = startSpare(edge.url, await edge.createToken());
  await waitFor('the first agent to be refused', async () => (await agent.status()).edge.message.includes('409'), { everyMs: 200 });
  const directives = await directivesOf(lab);
  lab.say(`both run for ${RETRY_S} s and more: whoever was refused has asked again by then`);
  await new Promise((resolve) => setTimeout(resolve, (RETRY_S + LEASE_S) * 1000));
  const refused = await agent.status();
  const changed = difference(rules, await kernelState());
  const calm = await tools.udp.summary(startMs);
  const turns = (spare.log().match(/409/g) ?? []).length;
  const flapped = (await directivesOf(lab)) - directives;

  lab.say('the Active VPS dies for the first router alone');
  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(lab, 'b', faultMs);
  const cut = await tools.udp.summary(faultMs);

  lab.say('kill -9 of the second agent');
  await spare.stop('SIGKILL');
  const killedMs = nowMs();
  await waitFor('the edge to hear the first agent again', async () => (await agent.status()).edge.reached, {
    timeoutMs: TAKE_OVER_MS,
    everyMs: 100,
  });
  const takenOverMs = nowMs() - killedMs;
  await healVps('a');
  return {
    figures: {
      outageMs: Math.round(cut.gap.ms),
      calmGapMs: Math.round(calm.gap.ms),
      takenOverS: Math.round(takenOverMs / 100) / 10,
      directivesMeanwhile: flapped,
    },
    broken: [
      ...unless(!refused.edge.reached && refused.edge.message.includes('409'), `the first agent was told "${refused.edge.message}"`),
      ...unless(refused.edge.alone, 'the first agent does not know that it is alone'),
      ...unless(turns === 0, `the second agent was refused ${turns} time(s): they take turns`),
      ...unless(flapped === 0, `the edge gave ${flapped} order(s) while both were there`),
      ...unless(changed === '', `rules changed: ${changed}`),
      ...unless(calm.gap.ms <= GAP_MS, `the client missed ${Math.round(calm.gap.ms)} ms while nothing was broken`),
      ...unless(Object.keys(calm.via).length === 1, `the UDP flow came by ${Object.keys(calm.via).join(' and ')} while nothing was broken`),
      ...unless(cut.gap.ms <= OUTAGE_MS, `the client was without service for ${Math.round(cut.gap.ms)} ms`),
      ...unless(leaked(calm.via) + leaked(cut.via) === 0, 'datagrams left past the tunnels'),
    ],
  };
}

async function directivesOf({ edge }: Lab): Promise<number> {
  return (await edge.site()).epoch;
}
