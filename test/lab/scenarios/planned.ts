import { echoesReturnBy, leaked, newFlowsReach, normal, settled } from '../conditions.ts';
import { SITE } from '../edge.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { overflows } from '../overflow.ts';
import { waitFor } from '../processes.ts';
import { watchReturn } from '../returns.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** On each of the two servers; a download and an upload come to them. */
const ECHO_FLOWS = 98;

export const planned: Scenario = {
  name: 'planned',
  story: 'somebody pins the standby, for maintenance say, and unpins it again: new flows go there, and return in stages',
  promise: `no datagram of the established UDP flow and no new flow is lost, none of ${2 * (ECHO_FLOWS + 2)} TCP flows breaks – half of them from before the pin, half from under it –, nothing leaks`,
  fleet: { preemptDelayS: 1, soakS: 2 },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge } = lab;
  await normal(lab);
  await openFlows(lab, ECHO_FLOWS, 'a');
  const overflowed = await overflows();
  await tools.udp.renew();
  await echoesReturnBy(lab, 'a', nowMs());
  const fromMs = nowMs();
  await edge.admin('POST', `/admin/v1/sites/${SITE}/pin`, { server: 'b' });
  await settled(lab, 'b');
  await newFlowsReach(lab, 'b');

  lab.say('the other half of the flows begins on b');
  await tools.flows.open(ECHO_FLOWS, true, true);
  await waitFor('all TCP flows to carry data', async () => (await tools.flows.summary()).every(({ bytes }) => bytes > 0));
  await edge.admin('POST', `/admin/v1/sites/${SITE}/unpin`);
  const seen = await watchReturn(lab);
  const flows = await wholeFlows(lab);
  const udp = await tools.udp.summary(fromMs);
  const all = (await tools.flows.summary()).length;
  await tools.flows.closeAll();

  const noRoom = (await overflows()) - overflowed;
  const outOfTunnel = leaked(udp.via) + seen.leaked;
  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      flows: all,
      brokenFlows: flows.broken.length,
      flowGapMs: flows.longestGapMs,
      lostEchoes: udp.lostMs.length,
      lostNewFlows: seen.lost,
      stages: seen.stages,
    },
    broken: [
      ...flows.broken,
      ...unless(
        udp.lostMs.length <= noRoom,
        `echoes of the established UDP flow were lost, ${udp.lostMs.join(', ')} ms after the beginning`,
      ),
      ...unless(seen.lost <= noRoom, `${seen.lost} new flows got no echo`),
      ...unless(outOfTunnel === 0, `${outOfTunnel} datagrams left past the tunnels`),
    ],
  };
}
