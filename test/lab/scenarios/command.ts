import { agentWarm } from '../build.ts';
import { commandTunnel, scriptOf } from '../command-wire.ts';
import { echoesReturnBy, leaked, normal, settled } from '../conditions.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { run, waitFor } from '../processes.ts';
import { blackholeVps, healVps } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const DEVICE = 'wgb';
/** Wide enough for a busy machine, as in `failover`. */
const OUTAGE_MS = 2000;

export const command: Scenario = {
  name: 'command',
  story:
    "the standby is a tunnel by the owner's own commands; it vanishes, and the agent is killed in the middle of bringing it up; then the Active dies",
  promise: `the standby is whole again without help, and takes over within ${OUTAGE_MS} ms; the Active is not disturbed by it`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  tunnels: { b: commandTunnel },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { agent, tools, say } = lab;
  await normal(lab);
  const startMs = nowMs();
  say('somebody deletes the standby’s device; the agent is killed while it makes a new one');
  await run(['ip', '-n', 'router', 'link', 'del', DEVICE]);
  await waitFor('the device to be there again', () => run(['ip', '-n', 'router', 'link', 'show', DEVICE]), { everyMs: 5 });
  await agent.kill();
  // With it: by itself the script would end what the next agent is to put right.
  await run(['pkill', '-KILL', '-f', `^/bin/sh ${scriptOf('b')} up`]);
  const half = await addressed();
  agent.restart();
  await waitFor('the standby to live', async () => (await agent.status()).paths.every(({ alive }) => alive === true));
  const quiet = await tools.udp.summary(startMs);
  await agentWarm(agent);

  say('the VPS of a is black-holed');
  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(lab, 'b', faultMs);
  const { gap, via } = await tools.udp.summary(faultMs);
  await settled(lab, 'b');
  await healVps('a');
  await settled(lab, 'a');
  return {
    figures: { outageMs: Math.round(gap.ms), disturbedMs: Math.round(quiet.gap.ms) },
    broken: [
      ...unless(!half, 'the agent was not killed in the middle: the device had its address already'),
      ...unless(quiet.gap.ms < 1000, `the Active was silent for ${Math.round(quiet.gap.ms)} ms while the standby was made`),
      ...unless(gap.ms <= OUTAGE_MS, `the client was without service for ${Math.round(gap.ms)} ms`),
      ...unless(leaked(via) === 0, `${leaked(via)} datagrams left past the tunnels`),
    ],
  };
}

async function addressed(): Promise<boolean> {
  return (await run(['ip', '-n', 'router', 'address', 'show', 'dev', DEVICE])).includes('inet ');
}
