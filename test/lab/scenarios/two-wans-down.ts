import { allLeaveBy, echoesReturnBy, leaked, normal } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { waitFor } from '../processes.ts';
import { blackholeWan, healWan } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 10;
/** How soon service is back when a line is, on a busy machine. */
const BACK_MS = 5000;

export const twoWansDown: Scenario = {
  name: 'two-wans-down',
  story: 'the preferred line goes dead, then the other one too; the other one returns first',
  promise: `the agent holds and says that it is the uplink, no flow breaks, the line that returns is used within ${BACK_MS} ms whichever it is, nothing is switched`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge, agent } = lab;
  await normal(lab);
  await allLeaveBy(lab, 'wan1');
  await openFlows(lab, ECHO_FLOWS, 'a');
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await edge.site();

  const faultMs = nowMs();
  await blackholeWan('wan1');
  await allLeaveBy(lab, 'wan2');
  await blackholeWan('wan2');
  const during = await waitFor('the agent to say that it is the uplink', async () => {
    const status = await agent.status();
    return status.problems.some(({ kind }) => kind === 'uplink-down') ? status : null;
  });
  const returnMs = nowMs();
  await healWan('wan2');
  await echoesReturnBy(lab, 'a', returnMs);
  const udp = await tools.udp.summary(faultMs);
  await waitFor('the agent to be content', async () => !(await agent.status()).problems.some(({ kind }) => kind === 'uplink-down'));
  const flows = await wholeFlows(lab);
  const after = await edge.site();
  await tools.flows.closeAll();
  await healWan('wan1');
  await allLeaveBy(lab, 'wan1');

  const backMs = Math.round(udp.gap.toMs - returnMs);
  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      backAfterMs: backMs,
      brokenFlows: flows.broken.length,
      epochs: [before.epoch, after.epoch],
    },
    broken: [
      ...flows.broken,
      ...unless(backMs <= BACK_MS, `service was back ${backMs} ms after the line`),
      ...unless(during.carrying === 'a', `while the lines were dead the agent moved to ${during.carrying}`),
      ...unless(
        during.paths.every(({ latched }) => !latched),
        'the agent latched a path',
      ),
      ...unless(after.epoch === before.epoch, `the edge switched: epoch ${before.epoch} → ${after.epoch}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}
