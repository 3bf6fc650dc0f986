import { appendFileSync } from 'node:fs';
import { agentAtWork, echoesReturnBy, healthIs, leaked, normal, settled } from '../conditions.ts';
import { oneOpenvpnOn, openvpnOn } from '../daemons.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { openvpnTunnel } from '../openvpn-wire.ts';
import { overflows } from '../overflow.ts';
import { LAB_DIR, waitFor } from '../processes.ts';
import { difference, kernelState } from '../router.ts';
import { blackholeVps, healVps } from '../topology.ts';
import { type Scenario, unless } from './scenario.ts';

const DEVICE = 'tuna';
const FILE = `${LAB_DIR}/openvpn-a.ovpn`;
/** The pause after the fifth start, 8 s, is longer than two of the agent's looks: what it says of it is seen. */
const DEATHS = 5;
/** Wide enough for a busy machine, as in `failover`. */
const OUTAGE_MS = 2000;

export const openvpn: Scenario = {
  name: 'openvpn',
  story: 'a over OpenVPN (UDP), b over WireGuard: the VPS of a dies; then OpenVPN itself, and the agent while it starts it again',
  promise: `the client is without service for at most ${OUTAGE_MS} ms, nothing leaks, and a dead OpenVPN is started again, once, whatever becomes of the agent`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  tunnels: { a: openvpnTunnel('udp') },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  async trial(lab) {
    const vpsDied = await vpsDies(lab);
    const openvpnDied = await openvpnDies(lab);
    return {
      figures: { outageMs: vpsDied.outageMs, openvpnDeadMs: openvpnDied.outageMs },
      broken: [...vpsDied.broken, ...openvpnDied.broken],
    };
  },
};

export const openvpnRestart: Scenario = {
  name: 'openvpn-restart',
  story:
    'a over OpenVPN (UDP): the agent is killed; it is killed and the tunnel’s file changes before it comes again; OpenVPN dies five times in a row',
  promise:
    'an agent that comes again finds OpenVPN as it is and loses no datagram; a changed file is taken, by one OpenVPN; one that dies again and again is a problem that people see, is given pauses, and lives in the end',
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  tunnels: { a: openvpnTunnel('udp') },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  async trial(lab) {
    await normal(lab);
    const broken = [...(await agentKilledAtRest(lab)), ...(await fileChanges(lab)), ...(await diesAgainAndAgain(lab))];
    return { figures: { outageMs: null }, broken };
  },
};

/** The same process, the same rules, no datagram lost. */
async function agentKilledAtRest(lab: Lab): Promise<string[]> {
  const { agent, tools } = lab;
  lab.say('kill -9 of the agent at rest');
  const pid = await oneOpenvpnOn(DEVICE);
  const rules = await kernelState();
  const overflowed = await overflows();
  await tools.udp.renew();
  await echoesReturnBy(lab, 'a', nowMs());
  await agent.kill();
  agent.restart();
  await agentAtWork(lab);
  await echoesReturnBy(lab, 'a', nowMs());
  const { lostMs } = await tools.udp.summary(0);
  const noRoom = (await overflows()) - overflowed;
  const after = await kernelState();
  return [
    ...unless(lostMs.length <= noRoom, `${lostMs.length} datagrams were lost when the agent was killed`),
    ...unless((await oneOpenvpnOn(DEVICE)) === pid, 'the agent started OpenVPN again, though it ran'),
    ...unless(rules === after, `the agent changed the kernel when it started again: ${difference(rules, after)}`),
  ];
}

interface Outage {
  outageMs: number;
  broken: string[];
}

async function vpsDies(lab: Lab): Promise<Outage> {
  lab.say('the VPS of a is black-holed');
  const outage = await whileAIsGone(lab, () => blackholeVps('a'));
  await healthIs(lab, 'a', 'down');
  await healVps('a');
  await settled(lab, 'a');
  return outage;
}

/** The agent is killed too, just when it has started OpenVPN again: whatever it left must become exactly one. */
async function openvpnDies(lab: Lab): Promise<Outage> {
  lab.say('kill -9 of OpenVPN, then of the agent while it starts it again');
  const old = await oneOpenvpnOn(DEVICE);
  await normal(lab);
  const outage = await whileAIsGone(lab, async () => process.kill(old, 'SIGKILL'));
  await waitFor('OpenVPN to be started', async () => (await openvpnOn(DEVICE)).some((pid) => pid !== old), { everyMs: 1 });
  await lab.agent.kill();
  lab.agent.restart();
  await oneOpenvpnOn(DEVICE, old);
  await settled(lab, 'a');
  const running = await openvpnOn(DEVICE);
  return { ...outage, broken: [...outage.broken, ...unless(running.length === 1, `${running.length} OpenVPNs run on ${DEVICE}`)] };
}

async function whileAIsGone(lab: Lab, fault: () => Promise<unknown>): Promise<Outage> {
  await normal(lab);
  await echoesReturnBy(lab, 'a', nowMs());
  const faultMs = nowMs();
  await fault();
  await echoesReturnBy(lab, 'b', faultMs);
  const { gap, via } = await lab.tools.udp.summary(faultMs);
  return {
    outageMs: Math.round(gap.ms),
    broken: [
      ...unless(gap.ms <= OUTAGE_MS, `the client was without service for ${Math.round(gap.ms)} ms`),
      ...unless(leaked(via) === 0, `${leaked(via)} datagrams left past the tunnels`),
    ],
  };
}

/** The file changes while no agent runs: the next one starts OpenVPN anew, with it. */
async function fileChanges(lab: Lab): Promise<string[]> {
  lab.say("OpenVPN's file changes while no agent runs");
  const old = await oneOpenvpnOn(DEVICE);
  await lab.agent.kill();
  appendFileSync(FILE, 'verb 4\n');
  lab.agent.restart();
  const pid = await oneOpenvpnOn(DEVICE, old);
  await waitFor('a to live by the new OpenVPN', async () =>
    (await lab.agent.status()).paths.some(({ server, alive }) => server === 'a' && alive === true),
  );
  return unless(pid !== old, 'the changed file was not taken');
}

async function diesAgainAndAgain(lab: Lab): Promise<string[]> {
  lab.say(`OpenVPN dies as soon as it is started, ${DEATHS} times`);
  let last = await oneOpenvpnOn(DEVICE);
  for (let death = 1; death <= DEATHS; death++) {
    process.kill(last, 'SIGKILL');
    if (death < DEATHS) last = await oneOpenvpnOn(DEVICE, last);
  }
  const status = () => lab.agent.status();
  const problem = await waitFor('the agent to name the problem', async () =>
    (await status()).problems.map(({ message }) => message).find((message) => /times in a row/.test(message)),
  );
  await waitFor('a to live again', async () => (await status()).paths.every(({ alive }) => alive === true), { timeoutMs: 40_000 });
  const left = (await status()).problems.map(({ message }) => message);
  return [
    ...unless(/openvpn of tuna: it ended \d times in a row/.test(problem), `the sentence does not help: ${problem}`),
    ...unless(!left.includes(problem), 'the problem stayed when it was over'),
  ];
}
