import { WAN_RETURN_S } from '../agent.ts';
import { allLeaveBy, echoesReturnBy, leaked, normal } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { overflows } from '../overflow.ts';
import { blackholeWan, healWan } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 24;

export const wanBack: Scenario = {
  name: 'wan-back',
  story: 'the preferred line, which was dead, returns; the agent waits until it has been well for a while and moves the tunnels back',
  promise: 'the tunnels return, not before the time that is configured, no TCP flow breaks and no datagram is lost',
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 5, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge } = lab;
  await normal(lab);
  await allLeaveBy(lab, 'wan1');
  await blackholeWan('wan1');
  await allLeaveBy(lab, 'wan2');
  await openFlows(lab, ECHO_FLOWS, 'a');
  const overflowed = await overflows();
  await tools.udp.renew();
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await edge.site();

  const returnMs = nowMs();
  await healWan('wan1');
  await allLeaveBy(lab, 'wan1');
  const backMs = nowMs() - returnMs;
  await echoesReturnBy(lab, 'a', nowMs());
  const udp = await tools.udp.summary(returnMs);
  const noRoom = (await overflows()) - overflowed;
  const flows = await wholeFlows(lab);
  const after = await edge.site();
  await tools.flows.closeAll();

  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      backMs: Math.round(backMs),
      lostEchoes: udp.lostMs.length,
      brokenFlows: flows.broken.length,
    },
    broken: [
      ...flows.broken,
      ...unless(udp.lostMs.length <= noRoom, `datagrams were lost, ${udp.lostMs.join(', ')} ms after the beginning`),
      ...unless(backMs >= WAN_RETURN_S * 1000, `the tunnels returned after ${Math.round(backMs)} ms already`),
      ...unless(after.epoch === before.epoch, `the edge switched: epoch ${before.epoch} → ${after.epoch}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}
