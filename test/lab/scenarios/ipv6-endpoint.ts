import { allLeaveBy, echoesReturnBy, healthIs, leaked, newFlowsReach, normal, settled, sharedWan } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import { byIpv6 } from '../ipv6.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { nft } from '../net.ts';
import { inside, run, waitFor } from '../processes.ts';
import { difference, routerPicture } from '../router.ts';
import { blackholeVps, blackholeWan, healVps, healWan, SERVERS, VPS_ADDRESS, VPS_ADDRESS6, WANS } from '../topology.ts';
import { seenOnWans, watchWans } from '../wan-watch.ts';
import { wireguardBy } from '../wire.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 5;
/** Each single trial, in milliseconds, wide enough for a busy machine; how fast it is in the median, `failover` and `wan-loss` measure. */
const OUTAGE_MS = 2000;
/** The client sends a datagram each 10 ms by each IP version. */
const PROOF_MS = 400;

export const ipv6Endpoint: Scenario = {
  name: 'ipv6-endpoint',
  story:
    'both VPSs are reached by IPv6 only, on both lines; the line that the tunnels use goes dead, then the Active VPS, then everything; teardown',
  promise: `a dead line breaks no flow and switches nothing, a dead VPS is left, each within ${OUTAGE_MS} ms; with kill_switch nothing from the LAN leaves by a WAN; teardown leaves the router byte for byte as it was`,
  fleet: { preemptDelayS: 1, soakS: 0.3 },
  agent: { top: 'kill_switch = true' },
  tunnels: { a: wireguardBy(6), b: wireguardBy(6) },
  prepare,
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

let untouched = '';

/** What lines have in the wild: the same link-local gateway on each, and a prefix of yesterday that the provider does not carry any more. */
async function prepare(): Promise<void> {
  const vpss = Object.values(VPS_ADDRESS).join(', ');
  for (const index of [1, 2]) {
    await run(['ip', '-n', `isp${index}`, 'address', 'add', 'fe80::1/64', 'dev', 'down', 'nodad']);
    const yesterday = `fd00:${index}:dead::2`;
    await run(['ip', '-n', 'router', 'address', 'add', `${yesterday}/64`, 'dev', `wan${index}`, 'nodad', 'preferred_lft', '0']);
    const route = `default via fe80::1 dev wan${index} metric ${index * 100}`;
    await run(['ip', '-n', 'router', '-6', 'route', 'replace', ...route.split(' ')]);
    // No tunnel and no question to a VPS can go by IPv4.
    await nft(
      `isp${index}`,
      `table inet only6 {
        chain in {
          type filter hook prerouting priority -500;
          iifname "down" ip daddr { ${vpss} } drop;
          iifname "down" ip6 saddr ${yesterday} drop;
        }
      }`,
    );
  }
  await waitFor('the kernel to come to rest', async () => !(await run(['ip', '-n', 'router', 'addr', 'show'])).includes('tentative'));
  untouched = await routerPicture();
}

async function trial(lab: Lab): Promise<TrialResult> {
  await normal(lab);
  await newFlowsReach(byIpv6(lab), 'a');
  await lab.agent.command('check');
  const plan = await lab.agent.command('plan');
  const endpoints = await Promise.all(SERVERS.map((server) => run(inside('router', ['wg', 'show', `wg${server}`, 'endpoints']))));
  const line = await lineDies(lab);
  const vps = await vpsDies(lab);
  const silence = await everythingDies(lab);
  const left = await tearDown(lab);
  return {
    figures: { outageMs: vps.outageMs, lineOutageMs: line.outageMs, brokenFlows: line.brokenFlows },
    broken: [
      ...unless(
        SERVERS.every((server, index) => endpoints[index]?.includes(`[${VPS_ADDRESS6[server]}]:`)),
        `the endpoints are ${endpoints.join()}`,
      ),
      ...unless(/nothing to/.test(plan), `with everything in place the plan is: ${plan}`),
      ...line.broken,
      ...vps.broken,
      ...silence,
      ...left,
    ],
  };
}

/** All paths of both lines are alive before, so the questions outside of the tunnels are answered by IPv6. */
async function lineDies(lab: Lab): Promise<{ outageMs: number; brokenFlows: number; broken: string[] }> {
  const wan = await sharedWan(lab);
  lab.say(`${wan} goes dead`);
  await openFlows(lab, ECHO_FLOWS, 'a');
  await echoesReturnBy(lab, 'a', nowMs());
  const before = await lab.edge.site();
  const faultMs = nowMs();
  await blackholeWan(wan);
  await echoesReturnBy(lab, 'a', nowMs());
  await allLeaveBy(lab, WANS.find((other) => other !== wan) ?? wan);
  const udp = await lab.tools.udp.summary(faultMs);
  const flows = await wholeFlows(lab);
  const after = await lab.edge.site();
  await lab.tools.flows.closeAll();
  await healWan(wan);
  await allLeaveBy(lab, 'wan1');
  return {
    outageMs: Math.round(udp.gap.ms),
    brokenFlows: flows.broken.length,
    broken: [
      ...flows.broken,
      ...unless(udp.gap.ms <= OUTAGE_MS, `with the dead line the client was without service for ${Math.round(udp.gap.ms)} ms`),
      ...unless(after.epoch === before.epoch, `the edge switched for a dead line: epoch ${before.epoch} → ${after.epoch}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}

async function vpsDies(lab: Lab): Promise<{ outageMs: number; broken: string[] }> {
  lab.say('the Active VPS goes dead');
  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(lab, 'b', faultMs);
  const udp = await lab.tools.udp.summary(faultMs);
  await settled(lab, 'b');
  await healthIs(lab, 'a', 'down');
  const { wans } = await lab.agent.status();
  const byB = wans.filter(({ server, alive }) => server === 'b' && alive).length;
  await healVps('a');
  await settled(lab, 'a');
  return {
    outageMs: Math.round(udp.gap.ms),
    broken: [
      ...unless(udp.gap.ms <= OUTAGE_MS, `with the dead VPS the client was without service for ${Math.round(udp.gap.ms)} ms`),
      ...unless(byB === WANS.length, `b, which lived, was alive by ${byB} of ${WANS.length} lines`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}

async function everythingDies(lab: Lab): Promise<string[]> {
  lab.say('all VPSs go dead');
  await watchWans();
  await Promise.all(SERVERS.map(blackholeVps));
  await waitFor('the agent to know it', async () => (await lab.agent.status()).paths.every(({ alive }) => alive === false));
  await proof();
  const { lan4, lan6 } = await seenOnWans();
  await Promise.all(SERVERS.map(healVps));
  await settled(lab, 'a');
  return unless(lan4 + lan6 === 0, `with all VPSs dead ${lan4} packets of the LAN left by a WAN by IPv4, ${lan6} by IPv6`);
}

const proof = () => new Promise((resolve) => setTimeout(resolve, PROOF_MS));

async function tearDown(lab: Lab): Promise<string[]> {
  lab.say('teardown');
  await lab.agent.stop();
  await lab.agent.command('teardown');
  const now = await routerPicture();
  const again = await lab.agent.command('teardown');
  lab.agent.restart();
  await normal(lab);
  return [
    ...unless(now === untouched, `after teardown: ${difference(untouched, now)}`),
    ...unless(!/removed/.test(again), `a second teardown found something: ${again}`),
  ];
}
