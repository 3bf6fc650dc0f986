import { echoesReturnBy, normal } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import type { FlowSummary } from '../measure/tcp-flows.ts';
import { nowMs } from '../measure/tool.ts';
import { waitFor } from '../processes.ts';
import { blackholeVps, healVps, serverOf } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 100;
/** Flows in which only the server sends: their clients would never find out by themselves. */
const TRICKLES = 899;
const FLOWS = ECHO_FLOWS + TRICKLES + 1;
/** Wide enough for a busy machine: how long it really takes, is measured, not tested. */
const TOLD_MS = 5000;

export const manyFlows: Scenario = {
  name: 'many-flows',
  story: `the Active VPS is black-holed while ${FLOWS} TCP flows are established, in nine of ten of which only the server sends`,
  promise: `each of the ${FLOWS} clients is told that its flow is over, within ${TOLD_MS} ms of the cut`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 5, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, agent } = lab;
  await normal(lab);
  await tools.flows.open(ECHO_FLOWS, true, false, TRICKLES);
  const runs = ({ via, bytes }: FlowSummary) => via !== null && serverOf(via) === 'a' && bytes > 0;
  const allRun = async () => {
    const others = (await tools.flows.summary()).filter((flow) => !runs(flow));
    if (others.length === 0) return true;
    throw new Error(`${others.length} do not, the first is ${JSON.stringify(others[0])}`);
  };
  await waitFor(`${FLOWS} TCP flows over a`, allRun, { everyMs: 200 });
  await echoesReturnBy(lab, 'a', nowMs());

  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(lab, 'b', nowMs());
  const udp = await tools.udp.summary(faultMs);
  await waitFor('all clients to be told', async () => (await resets(lab)).length === FLOWS, { timeoutMs: TOLD_MS, everyMs: 200 }).catch(
    () => lab.say('not all clients were told'),
  );
  const told = await resets(lab);
  const { lastCut } = await agent.status();
  await healVps('a');
  await tools.flows.closeAll();
  const last = Math.max(...told);
  // From its decision: the agent dates a cut when the kernel has it.
  const cutMs = lastCut ? lastCut.at - lastCut.applyMs : Number.NaN;
  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      told: told.length,
      untold: FLOWS - told.length,
      firstToldMs: Math.round(Math.min(...told) - faultMs),
      lastToldMs: Math.round(last - faultMs),
      lastToldAfterCutMs: Math.round(last - cutMs),
    },
    broken: [
      ...unless(told.length === FLOWS, `${FLOWS - told.length} of ${FLOWS} clients were not told`),
      ...unless(last - cutMs <= TOLD_MS, `the last client was told ${Math.round(last - cutMs)} ms after the cut`),
    ],
  };
}

/** When each flow was told, by `nowMs()`. */
async function resets(lab: Lab): Promise<number[]> {
  return (await lab.tools.flows.summary()).flatMap(({ broken }) => (broken ? [broken.atMs] : []));
}
