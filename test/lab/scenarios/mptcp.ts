import { echoesReturnBy, leaked, normal } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { blackhole, heal } from '../net.ts';
import { openvpnTunnel } from '../openvpn-wire.ts';
import { inside, run, waitFor } from '../processes.ts';
import { VPS_ADDRESS } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 5;
/** How long the WAN is dead, at least. OpenVPN gives a silent connection up after 8 s. */
const WINDOW_MS = 3000;
/** Wide enough for a busy machine. */
const STALL_MS = 2500;

export const mptcp: Scenario = {
  name: 'mptcp',
  story: 'two tunnels over OpenVPN-TCP, a under mptcpize, b plain; the WAN that both began on goes dead, and returns',
  promise: `every flow inside a lives on after a stall of at most ${STALL_MS} ms, while the plain one is silent as long as the WAN is; nothing is switched, nothing leaks; the edge shows the dead WAN as a backup, and restored`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  tunnels: { a: openvpnTunnel('tcp'), b: openvpnTunnel('tcp', { mptcp: false }) },
  // The standby idles: it is asked often, so that its silence is known.
  agent: { wan: 'mptcp = "subflow"', top: '[heartbeat]\nidle_interval_ms = 400' },
  trials: { byHand: 5, inTests: 1, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { agent, tools } = lab;
  await normal(lab);
  await waitFor('both tunnels to live', async () => (await agent.status()).paths.every(({ alive }) => alive === true), {
    timeoutMs: 40_000,
  });
  await waitFor('a subflow on each WAN', async () => (await subflowsTo(VPS_ADDRESS.a)) >= 2);
  await openFlows(lab, ECHO_FLOWS, 'a');
  await echoesReturnBy(lab, 'a', nowMs());
  const before = (await agent.status()).mptcp;
  const used = new Set(
    before?.subflows?.filter(({ backup, peer }) => !backup && peer.startsWith(`${VPS_ADDRESS.a}:`)).map(({ device }) => device),
  );

  const faultMs = nowMs();
  await blackhole('isp1', 'down');
  const deadMs = nowMs();
  const during = await waitFor('the WAN to have been dead for a while, and the plain tunnel with it', async () => {
    const askedMs = nowMs();
    const status = await agent.status();
    const plain = status.paths.find(({ server }) => server === 'b');
    // The agent counts back from its answer, which is later than the question: it was heard at this moment or a little later.
    const heardMs = askedMs - (plain?.heardAgoMs ?? 0);
    return nowMs() - deadMs >= WINDOW_MS && plain?.alive === false ? { ...status, heardMs } : null;
  });
  const plainSilentMs = nowMs() - Math.max(deadMs, during.heardMs);
  const dead = during.mptcp?.subflows ?? [];
  const demoted = await toldOf(lab, 'wan1', true);
  const flows = await wholeFlows(lab);
  const udp = await tools.udp.summary(faultMs);
  const windowMs = nowMs() - faultMs;
  await heal('isp1');
  const restored = await toldOf(lab, 'wan1', false);
  const after = (await agent.status()).mptcp;
  await tools.flows.closeAll();
  return {
    figures: {
      outageMs: Math.round(udp.gap.ms),
      stallMs: flows.longestGapMs,
      brokenFlows: flows.broken.length,
      wanDeadMs: Math.round(windowMs),
      plainSilentMs: Math.round(plainSilentMs),
      retransmissions: (after?.retransmissions ?? 0) - (before?.retransmissions ?? 0),
      stale: (after?.stale ?? 0) - (before?.stale ?? 0),
    },
    broken: [
      ...flows.broken,
      ...unless(flows.longestGapMs <= STALL_MS, `a flow inside stalled for ${flows.longestGapMs} ms`),
      ...unless(used.size === 2, `status showed established subflows on ${[...used].join(', ') || 'no WAN'} only, before the WAN died`),
      ...unless(
        dead.some(({ retransmissions }) => retransmissions > 0),
        `status showed no retransmission while the WAN was dead: ${JSON.stringify(dead)}`,
      ),
      ...unless(
        Math.max(demoted.retransmissions, restored.retransmissions) > 0,
        `the edge showed no retransmission on the WAN that was dead: ${JSON.stringify([demoted, restored])}`,
      ),
      ...unless(during.heardMs <= deadMs, `the plain tunnel was heard ${Math.round(during.heardMs - deadMs)} ms after the WAN had died`),
      ...unless(during.carrying === 'a', `the agent moved to ${during.carrying}`),
      ...unless(Object.keys(udp.via).length === 1, `the UDP flow came by ${Object.keys(udp.via).join(' and ')}`),
      ...unless(leaked(udp.via) === 0, `${leaked(udp.via)} datagrams left past the tunnels`),
    ],
  };
}

/** What the edge shows of a WAN, when it shows that. */
function toldOf({ edge }: Lab, wan: string, backup: boolean) {
  return waitFor(`the edge to show ${wan} ${backup ? 'as a backup' : 'in use'}`, async () =>
    (await edge.site()).mptcp?.find((one) => one.wan === wan && one.backup === backup),
  );
}

/** Established TCP connections of the router to an address: each subflow is one. */
async function subflowsTo(address: string): Promise<number> {
  const text = await run(inside('router', ['ss', '-Htn', 'state', 'established', 'dst', address]));
  return text.split('\n').filter(Boolean).length;
}
