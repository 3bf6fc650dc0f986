import { echoesReturnBy, healthIs, leaked, newFlowsReach, normal, settled } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { overflows } from '../overflow.ts';
import { watchReturn } from '../returns.ts';
import { blackholeVps, healVps, VPS_ADDRESS } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 24;

export const failback: Scenario = {
  name: 'failback',
  story: 'after a failover the dead VPS returns; the edge gives it new flows in stages, established ones stay where they are',
  promise: `a download and ${ECHO_FLOWS} TCP flows that began on the standby survive the staged return unbroken, no echo is lost, new flows reach the VPS that returned`,
  fleet: { preemptDelayS: 1, soakS: 2 },
  trials: { byHand: 3, inTests: 1, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools } = lab;
  await normal(lab);
  await blackholeVps('a');
  await settled(lab, 'b');
  await healthIs(lab, 'a', 'down');
  await newFlowsReach(lab, 'b');

  lab.say('the client works over b now: flows begin there');
  const overflowed = await overflows();
  await tools.udp.renew();
  await openFlows(lab, ECHO_FLOWS, 'b');
  const returnMs = nowMs();
  await healVps('a');
  const seen = await watchReturn(lab);
  const sample = await newFlowsReach(lab, 'a');
  await echoesReturnBy(lab, 'b', nowMs());
  const udp = await tools.udp.summary(returnMs);
  const noRoom = (await overflows()) - overflowed;
  const flows = await wholeFlows(lab);
  await tools.flows.closeAll();

  const outOfTunnel = leaked(udp.via) + seen.leaked;
  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      brokenFlows: flows.broken.length,
      flowGapMs: flows.longestGapMs,
      downloadBytes: flows.downloadBytes,
      lostEchoes: udp.lostMs.length,
      stages: seen.stages,
      returnMs: Math.round(nowMs() - returnMs),
      newFlowsByA: sample.via[VPS_ADDRESS.a] ?? 0,
    },
    broken: [
      ...flows.broken,
      ...unless(
        udp.lostMs.length <= noRoom,
        `echoes of the established UDP flow were lost, ${udp.lostMs.join(', ')} ms after the beginning`,
      ),
      ...unless(seen.lost <= noRoom, `${seen.lost} new flows got no echo`),
      ...unless(outOfTunnel === 0, `${outOfTunnel} datagrams left past the tunnels`),
      ...unless(seen.stages.join() === '10,50,100', `the stages were ${seen.stages.join(' → ')}, not 10 → 50 → 100`),
    ],
  };
}
