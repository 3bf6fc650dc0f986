import { allLeaveBy, echoesReturnBy, leaked, normal, sharedWan } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { spread } from '../report.ts';
import { blackholeWan, healWan } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** In the median of all trials, in milliseconds: wide enough for a busy machine. How short it really is, is measured, not tested. */
const MEDIAN_OUTAGE_MS = 500;
const ECHO_FLOWS = 48;

export const wanLoss: Scenario = {
  name: 'wan-loss',
  story: 'the line that the tunnels use goes dead, both VPSs live on; the agent moves the tunnels to the other line',
  promise: `nothing is switched, no TCP flow breaks – ${ECHO_FLOWS} echoes, an upload, a mere download –, the client is without service for at most ${MEDIAN_OUTAGE_MS} ms in the median`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 10, inTests: 2, inCi: 3 },
  trial,
  overall(trials) {
    const outage = spread(trials.map(({ outageMs }) => outageMs ?? Number.POSITIVE_INFINITY));
    return unless(outage !== null && outage.median <= MEDIAN_OUTAGE_MS, `the median outage is ${outage?.median} ms`);
  },
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge } = lab;
  await normal(lab);
  // Tunnels may still be where the trial before has left them: either line will do.
  const wan = await sharedWan(lab);
  await openFlows(lab, ECHO_FLOWS, 'a');
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await edge.site();

  const faultMs = nowMs();
  await blackholeWan(wan);
  await echoesReturnBy(lab, 'a', nowMs());
  await allLeaveBy(lab, wan === 'wan1' ? 'wan2' : 'wan1');
  const udp = await tools.udp.summary(faultMs);
  if (udp.gap.ms > MEDIAN_OUTAGE_MS) lab.say(`a long outage; the agent says:\n${lab.agent.log().split('\n').slice(-40).join('\n')}`);
  const flows = await wholeFlows(lab);
  const after = await edge.site();
  await tools.flows.closeAll();
  await healWan(wan);

  return {
    figures: {
      wan,
      outageMs: Math.round(udp.gap.ms),
      brokenFlows: flows.broken.length,
      flowGapMs: flows.longestGapMs,
      epochs: [before.epoch, after.epoch],
    },
    broken: [
      ...flows.broken,
      ...unless(after.active === 'a' && after.epoch === before.epoch, `the edge switched: epoch ${before.epoch} → ${after.epoch}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}
