import { FIRST_WAN_TABLE } from '../../../router-agent/own.ts';
import { allLeaveBy, echoesReturnBy, leaked, normal } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { inside, run, waitFor } from '../processes.ts';
import { LEASES, type Lease, setLease } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 12;
/** Wide enough for a busy machine. */
const OUTAGE_MS = 2000;
/** The agent looks for another address each second. */
const RENEWED_MS = 4000;

export const wanLease: Scenario = {
  name: 'wan-lease',
  story:
    "the preferred line's device goes down and comes back with another address and gateway; then again, with the first ones; then they change while it carries",
  promise: `the agent follows without a restart: nothing is switched, no TCP flow breaks, the client is without service for at most ${OUTAGE_MS} ms, ${RENEWED_MS} ms where nothing went down, and the tunnels are home by the new gateway`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  agent: { dhcp: true },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, edge, agent, say } = lab;
  await normal(lab);
  await allLeaveBy(lab, 'wan1');
  await openFlows(lab, ECHO_FLOWS, 'a');
  const [before, pid] = [await edge.site(), agent.pid()];

  const startMs = nowMs();
  for (const lease of ['other', 'first'] as const) {
    say(`the device goes down, and comes back with the ${lease} lease`);
    await run(['ip', '-n', 'router', 'link', 'set', 'wan1', 'down']);
    await allLeaveBy(lab, 'wan2');
    await echoesReturnBy(lab, 'a', nowMs());
    await setLease(lease);
    await home(lab, lease);
    await echoesReturnBy(lab, 'a', nowMs());
  }
  const { gap, via } = await tools.udp.summary(startMs);
  say('the lease changes while the line is up');
  const renewedMs = nowMs();
  await setLease('other');
  await home(lab, 'other');
  await echoesReturnBy(lab, 'a', nowMs());
  const renewed = await tools.udp.summary(renewedMs);
  await setLease('first');
  await home(lab, 'first');
  const flows = await wholeFlows(lab);
  const after = await edge.site();
  await tools.flows.closeAll();

  return {
    figures: { outageMs: Math.round(gap.ms), renewedOutageMs: Math.round(renewed.gap.ms), brokenFlows: flows.broken.length },
    broken: [
      ...flows.broken,
      ...unless(agent.pid() === pid, 'it is another agent'),
      ...unless(gap.ms <= OUTAGE_MS, `the client was without service for ${Math.round(gap.ms)} ms`),
      ...unless(renewed.gap.ms <= RENEWED_MS, `the client was without service for ${Math.round(renewed.gap.ms)} ms when the lease changed`),
      ...unless(after.epoch === before.epoch, `the edge switched: epoch ${before.epoch} → ${after.epoch}`),
      ...unless(leaked(via) === 0, `${leaked(via)} datagrams left past the tunnels`),
    ],
  };
}

/** The tunnels leave by the line, with the gateway of this lease. */
async function home(lab: Lab, lease: Lease): Promise<void> {
  await waitFor(`table ${FIRST_WAN_TABLE} to have the gateway of the ${lease} lease`, async () =>
    (await run(inside('router', ['ip', 'route', 'show', 'table', `${FIRST_WAN_TABLE}`]))).includes(`via ${LEASES[lease].gateway} `),
  );
  await allLeaveBy(lab, 'wan1');
}
