import * as z from 'zod';
import { countVia, echoesReturnBy, healthIs, leaked, newFlowsReach, normal, settled } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import { byIpv6 } from '../ipv6.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { nft } from '../net.ts';
import { overflows } from '../overflow.ts';
import { inside, run, waitFor } from '../processes.ts';
import { blackholeVps, healVps, serverOf } from '../topology.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 5;
/** With a download and an upload. */
const FLOWS = ECHO_FLOWS + 2;
/** Each single trial, in milliseconds; how fast it is in the median, `failover` measures. */
const OUTAGE_MS = 2000;

export const ipv6: Scenario = {
  name: 'ipv6',
  story: 'the same as failover and failback, by IPv6: the Active VPS is black-holed and returns',
  promise: `IPv6 moves within ${OUTAGE_MS} ms, its TCP flows are reset, on the way back established ones stay where they are, neighbour discovery is never marked, nothing leaks`,
  fleet: { preemptDelayS: 1, soakS: 0.3 },
  trials: { byHand: 5, inTests: 0, inCi: 1 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  await normal(lab);
  const six = byIpv6(lab);
  await watchDiscovery();
  await newFlowsReach(six, 'a');
  await six.tools.udp.renew();
  await openFlows(six, ECHO_FLOWS, 'a');
  await echoesReturnBy(six, 'a', nowMs());

  const faultMs = nowMs();
  await blackholeVps('a');
  await echoesReturnBy(six, 'b', faultMs);
  const cut = await six.tools.udp.summary(faultMs);
  await settled(lab, 'b');
  await healthIs(lab, 'a', 'down');
  const resetTimes = async () => (await six.tools.flows.summary()).flatMap(({ broken }) => (broken ? [broken.atMs - faultMs] : []));
  // The router tells clients again after 1.5 s (`router-agent/dataplane/farewell.ts`).
  await waitFor('all flows to be told', async () => (await resetTimes()).length === FLOWS).catch(() => lab.say('not all flows were reset'));
  const resets = await resetTimes();
  await six.tools.flows.closeAll();

  const overflowed = await overflows();
  await six.tools.udp.renew();
  await openFlows(six, ECHO_FLOWS, 'b');
  await echoesReturnBy(six, 'b', nowMs());
  const drainMs = nowMs();
  await healVps('a');
  for (const namespace of ['router', 'client']) await run(['ip', '-n', namespace, '-6', 'neigh', 'flush', 'all']);
  await settled(lab, 'a');
  await newFlowsReach(six, 'a');
  const drained = await six.tools.udp.summary(drainMs);
  const noRoom = (await overflows()) - overflowed;
  const flows = await wholeFlows(six);
  const stayed = (await six.tools.flows.summary()).filter(({ via }) => via !== null && serverOf(via) === 'b').length;
  await six.tools.flows.closeAll();
  const discovery = await seenDiscovery();
  return {
    figures: {
      outageMs: Math.round(cut.gap.ms),
      tcpResets: `${resets.length}/${FLOWS}`,
      tcpResetMs: resets.length > 0 ? Math.round(Math.max(...resets)) : null,
      drainGapMs: Math.round(drained.gap.ms),
      stayed: `${stayed}/${FLOWS}`,
      discoverySeen: discovery.seen,
    },
    broken: [
      ...unless(cut.gap.ms <= OUTAGE_MS, `the client was without IPv6 for ${Math.round(cut.gap.ms)} ms`),
      ...unless(resets.length === FLOWS, `only ${resets.length} of ${FLOWS} TCP flows were reset`),
      ...flows.broken,
      ...unless(stayed === FLOWS, `only ${stayed} of ${FLOWS} established flows stayed on b`),
      ...unless(
        countVia(drained.via, 'a') === 0 && drained.lostMs.length <= noRoom,
        `the drain moved or lost datagrams: ${JSON.stringify(drained.via)}, lost ${drained.lostMs.length}`,
      ),
      ...unless(leaked(cut.via) + leaked(drained.via) === 0, 'datagrams left past the tunnels'),
      ...unless(discovery.seen > 0, 'no neighbour discovery was seen: the trial proves nothing about it'),
      ...unless(discovery.marked === 0, `${discovery.marked} packets of neighbour discovery were marked`),
    ],
  };
}

/** Counts neighbour discovery on the router behind our table, on every hook that it can take. */
async function watchDiscovery(): Promise<void> {
  const hooks = ['prerouting', 'output', 'forward', 'postrouting'];
  const chain = (hook: string) => `chain ${hook} {
    type filter hook ${hook} priority 200;
    icmpv6 type 133-137 counter name seen
    icmpv6 type 133-137 meta mark and 0xff != 0 counter name marked
  }`;
  await nft(
    'router',
    `table inet discovery { }
    delete table inet discovery
    table inet discovery {
      counter seen { }
      counter marked { }
      ${hooks.map(chain).join('\n')}
    }`,
  );
}

const listing = z.object({
  nftables: z.array(z.object({ counter: z.object({ name: z.enum(['seen', 'marked']), packets: z.int() }).optional() })),
});

async function seenDiscovery(): Promise<{ seen: number; marked: number }> {
  const seen = { seen: 0, marked: 0 };
  const text = await run(inside('router', ['nft', '-j', 'list', 'counters', 'table', 'inet', 'discovery']));
  for (const { counter } of listing.parse(JSON.parse(text)).nftables) if (counter) seen[counter.name] = counter.packets;
  await nft('router', 'delete table inet discovery');
  return seen;
}
