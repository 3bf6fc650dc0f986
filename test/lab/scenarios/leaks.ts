import { newFlowsReach, normal, settled } from '../conditions.ts';
import { byIpv6 } from '../ipv6.ts';
import type { Lab } from '../lab.ts';
import { inside, run, waitFor } from '../processes.ts';
import { blackholeVps, healVps, SERVERS } from '../topology.ts';
import { type OnWans, seenOnWans, watchWans } from '../wan-watch.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

/** As many datagrams of the client, by each IP version, prove a state: a leak would be some of them. */
const PROOF_DATAGRAMS = 40;
const EVERY_MS = 10;

export const leaks: Scenario = {
  name: 'leaks',
  story:
    'with kill_switch: all VPSs dead, tunnels gone, agent killed, rules flushed by somebody, a new start without state and without edge',
  promise: 'no packet from the LAN leaves by a WAN in any of these states, by IPv4 or IPv6; after teardown they do',
  fleet: { preemptDelayS: 1, soakS: 0.3 },
  agent: { top: 'kill_switch = true' },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

/** What happened to the router, with what was seen on the WANs since. */
interface Observed {
  when: string;
  onWans: OnWans;
}

async function trial(lab: Lab): Promise<TrialResult> {
  await normal(lab);
  await newFlowsReach(byIpv6(lab), 'a');
  const observed: Observed[] = [];
  const then = async (when: string, happens: () => Promise<unknown>) => {
    lab.say(when);
    await watchWans();
    await happens();
    await proof();
    observed.push({ when, onWans: await seenOnWans() });
  };
  await then('steady', async () => undefined);
  await then('all VPSs are dead', allDead.bind(null, lab));
  await then('the tunnels are gone', removeTunnels);
  await then('the agent is dead too', async () => {
    await lab.agent.kill();
    await removeTunnels();
  });
  await then('somebody flushed all rules of nft', () => run(inside('router', ['nft', 'flush', 'ruleset'])));
  await then('a new start without state and edge', async () => {
    await lab.edge.kill();
    lab.agent.forget();
    lab.agent.restart();
    await waitFor('the agent to be up', () => lab.agent.status());
  });
  const open = await tearDown(lab);
  await then('a start on a machine that knows nothing of us', () => startAgain(lab));
  await returnToNormal(lab);
  return {
    figures: { outageMs: null, states: observed.length, afterTeardown4: open.lan4, afterTeardown6: open.lan6 },
    broken: [
      ...observed.flatMap(({ when, onWans }) =>
        unless(onWans.lan4 + onWans.lan6 === 0, `${when}: ${JSON.stringify(onWans)} left by a WAN`),
      ),
      ...unless(open.lan4 > 0 && open.lan6 > 0, 'after teardown nothing left by the WANs either: the watch proves nothing'),
    ],
  };
}

const proof = () => new Promise((resolve) => setTimeout(resolve, PROOF_DATAGRAMS * EVERY_MS));

async function allDead(lab: Lab): Promise<void> {
  await Promise.all(SERVERS.map(blackholeVps));
  await waitFor('the agent to know it', async () => (await lab.agent.status()).paths.every(({ alive }) => alive === false));
}

/** Those that are there: a living agent makes them anew after a while. */
async function removeTunnels(): Promise<void> {
  for (const server of SERVERS)
    await run(inside('router', ['sh', '-c', `! ip link show wg${server} >/dev/null 2>&1 || ip link del dev wg${server}`]));
}

async function tearDown(lab: Lab): Promise<OnWans> {
  await lab.agent.kill();
  await lab.agent.command('teardown');
  await watchWans();
  await waitFor('the client to reach the WANs', async () => {
    const { lan4, lan6 } = await seenOnWans();
    return lan4 > 0 && lan6 > 0;
  });
  return seenOnWans();
}

/** Counted from when the kill switch stands: no agent can hold what came before it. */
async function startAgain(lab: Lab): Promise<void> {
  lab.agent.forget();
  lab.agent.restart();
  for (const family of ['-4', '-6'])
    await waitFor('the kill switch', async () => (await run(['ip', '-n', 'router', family, 'rule', 'show'])).includes('unreachable'), {
      everyMs: 5,
    });
  await watchWans();
  await waitFor('the agent to be up', () => lab.agent.status());
}

async function returnToNormal(lab: Lab): Promise<void> {
  await lab.edge.restart();
  await Promise.all(SERVERS.map(healVps));
  await settled(lab, 'a');
}
