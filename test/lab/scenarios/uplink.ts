import { agentAtWork, echoesReturnBy, leaked, normal } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { waitFor } from '../processes.ts';
import { blackholeUplinks, healUplinks } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 10;

export const uplink: Scenario = {
  name: 'uplink',
  story: 'both lines of the router go dead, so that every tunnel is silent at once; then they return',
  promise: 'it is taken for the uplink, not for a VPS: nothing is switched, the established flows live on when the lines return',
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge, agent } = lab;
  await normal(lab);
  await openFlows(lab, ECHO_FLOWS, 'a');
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await edge.site();

  const faultMs = nowMs();
  await blackholeUplinks();
  const during = await waitFor('the agent to know that all tunnels are dead', async () => {
    const status = await agent.status();
    return status.paths.every(({ alive }) => alive === false) ? status : null;
  });
  const returnMs = nowMs();
  await healUplinks();
  await echoesReturnBy(lab, 'a', returnMs);
  const udp = await tools.udp.summary(faultMs);
  await agentAtWork(lab);
  const flows = await wholeFlows(lab);
  const after = await edge.site();
  await tools.flows.closeAll();

  const latched = during.paths.flatMap((path) => (path.latched ? [path.server] : []));
  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      lineWasDeadMs: Math.round(returnMs - faultMs),
      backAfterMs: Math.round(udp.gap.toMs - returnMs),
      brokenFlows: flows.broken.length,
      epochs: [before.epoch, after.epoch],
      blame: after.blame,
    },
    broken: [
      ...flows.broken,
      ...unless(during.carrying === 'a', `while the lines were dead the agent moved to ${during.carrying}`),
      ...unless(latched.length === 0, `the agent latched ${latched.join(', ')}`),
      ...unless(
        after.active === 'a' && after.epoch === before.epoch,
        `the edge switched: ${after.active}, epoch ${before.epoch} → ${after.epoch}`,
      ),
      ...unless(Object.keys(udp.via).length === 1, `the UDP flow came by ${Object.keys(udp.via).join(' and ')}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}
