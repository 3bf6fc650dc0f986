import { echoesReturnBy, leaked, newFlowsReach, normal, settled } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { agentRestartsAlone } from '../restarts.ts';
import { blackholeVps, healVps } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** Each single trial, wide enough for a busy machine, as in `failover`, which measures the median too. In milliseconds. */
const OUTAGE_MS = 2000;

export const edgeGone: Scenario = {
  name: 'edge-gone',
  story: 'the edge is killed, then the Active VPS dies, then the agent is killed too; later the edge returns with its persisted state',
  promise: `the agent cuts to the standby by itself within ${OUTAGE_MS} ms and remembers it over its own restart, the edge adopts the cut when it returns, epochs never fall`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  trials: { byHand: 3, inTests: 1, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge, agent } = lab;
  await normal(lab);
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await edge.site();

  lab.say('killing the edge');
  await edge.kill();
  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(lab, 'b', faultMs);
  const udp = await tools.udp.summary(faultMs);
  await newFlowsReach(lab, 'b');
  const alone = await agent.status();
  const forgotten = await agentRestartsAlone(lab);

  lab.say('starting the edge again');
  const restartedMs = nowMs();
  await edge.restart();
  const returned = await edge.site();
  const adopted = await settled(lab, 'b');
  const adoptedMs = nowMs() - restartedMs;
  await newFlowsReach(lab, 'b');
  await healVps('a');
  const after = await settled(lab, 'a');

  const epochs = [before.epoch, alone.epoch, returned.epoch, adopted.epoch, after.epoch];
  return {
    figures: { outageMs: Math.round(udp.gap.ms), adoptedMs: Math.round(adoptedMs), epochs, blame: adopted.blame },
    broken: [
      ...forgotten,
      ...unless(udp.gap.ms <= OUTAGE_MS, `the client was without service for ${Math.round(udp.gap.ms)} ms`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
      ...unless(alone.carrying === 'b', `alone, the agent says that ${alone.carrying} carries`),
      ...unless(isRising(epochs), `an epoch fell: ${epochs.join(', ')}`),
      ...unless(adopted.epoch > before.epoch, `the edge did not raise its epoch (${before.epoch}) when it adopted the cut`),
    ],
  };
}

export function isRising(epochs: readonly number[]): boolean {
  return epochs.every((epoch, index) => index === 0 || epoch >= (epochs[index - 1] ?? 0));
}
