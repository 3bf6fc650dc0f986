import type { Status } from '../../../worker/protocol/status.ts';
import { agentAtWork, echoesReturnBy, healthIs, leaked, newFlowsReach, normal, settled } from '../conditions.ts';
import { openFlows, wholeFlows } from '../flows.ts';
import type { Lab } from '../lab.ts';
import { nowMs } from '../measure/tool.ts';
import { overflows } from '../overflow.ts';
import { waitFor } from '../processes.ts';
import { agentRestartsAlone } from '../restarts.ts';
import { difference, kernelState } from '../router.ts';
import { blackholeVps, healVps, type Server } from '../topology.ts';
import { isRising } from './edge-gone.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const ECHO_FLOWS = 20;

export const restart: Scenario = {
  name: 'restart',
  story: 'kill -9 of the agent, of the edge, and of both – at rest, just after a failover, in the middle of a failback',
  promise: 'no flow breaks, no datagram is lost, the router keeps its rules, epochs never fall, no incident is forgotten',
  // Stages last long enough that a kill hits the middle of the way back.
  fleet: { preemptDelayS: 1, soakS: 3 },
  trials: { byHand: 3, inTests: 0, inCi: 1 },
  trial,
};

/** What the story has shown so far. */
interface Record {
  epochs: number[];
  broken: string[];
}

async function trial(lab: Lab): Promise<TrialResult> {
  await normal(lab);
  const record: Record = { epochs: [(await lab.edge.site()).epoch], broken: [] };
  const startedMs = nowMs();
  await flowsSurvive(lab, record, 'a', 'at rest', async () => {
    await agentRestarts(lab, record);
    await edgeRestarts(lab, record);
  });
  await blackholeVps('a');
  await settled(lab, 'b');
  await healthIs(lab, 'a', 'down');
  await newFlowsReach(lab, 'b');
  const gapMs = await flowsSurvive(lab, record, 'b', 'from the failover to the end of the failback', async () => {
    await agentRestarts(lab, record);
    await edgeRestarts(lab, record);
    await bothRestartInFailback(lab, record);
  });
  await incidentsEnded(lab, record, startedMs);
  return { figures: { outageMs: gapMs, epochs: record.epochs }, broken: record.broken };
}

/** Flows that begin now over `server` must be whole after `story`, and none of their datagrams lost. Returns the longest silence, in milliseconds. */
async function flowsSurvive(lab: Lab, record: Record, server: Server, when: string, story: () => Promise<void>): Promise<number> {
  const { tools } = lab;
  const overflowed = await overflows();
  const fromMs = nowMs();
  await tools.udp.renew();
  await openFlows(lab, ECHO_FLOWS, server);
  await echoesReturnBy(lab, server, nowMs());
  await story();
  await echoesReturnBy(lab, server, nowMs());
  const udp = await tools.udp.summary(fromMs);
  const flows = await wholeFlows(lab);
  await tools.flows.closeAll();
  record.broken.push(
    ...flows.broken.map((sentence) => `${when}: ${sentence}`),
    ...unless(
      udp.lostMs.length <= (await overflows()) - overflowed,
      `${when}: datagrams were lost, ${udp.lostMs.join(', ')} ms after the beginning`,
    ),
    ...unless(leaked(udp.via) === 0, `${when}: ${leaked(udp.via)} datagrams left past the tunnels`),
  );
  return Math.round(udp.gap.ms);
}

async function agentRestarts(lab: Lab, record: Record): Promise<void> {
  lab.say('kill -9 of the agent');
  const before = await kernelState();
  await lab.agent.kill();
  const dead = await kernelState();
  lab.agent.restart();
  await agentAtWork(lab);
  const after = await kernelState();
  record.broken.push(
    ...unless(before === dead, `the kernel changed when the agent was killed: ${difference(before, dead)}`),
    ...unless(before === after, `the agent changed the kernel when it started again: ${difference(before, after)}`),
  );
}

async function edgeRestarts(lab: Lab, record: Record): Promise<void> {
  lab.say('kill -9 of the edge');
  const before = await lab.edge.status();
  await lab.edge.kill();
  await lab.edge.restart();
  const after = await lab.edge.status();
  await agentAtWork(lab);
  remember(record, before, after);
}

async function bothRestartInFailback(lab: Lab, record: Record): Promise<void> {
  await healVps('a');
  // Told and applied: a directive that is under way when the edge dies still arrives, and changes the router when nobody expects it.
  await waitFor('the failback to be under way', async () => {
    const { weights, applied, epoch } = await lab.edge.site();
    return (weights.a ?? 0) > 0 && applied === epoch;
  });
  lab.say('kill -9 of the edge in the middle of the failback');
  const before = await lab.edge.status();
  await lab.edge.kill();
  record.broken.push(...(await agentRestartsAlone(lab)));
  await lab.edge.restart();
  remember(record, before, await lab.edge.status());
  record.epochs.push((await settled(lab, 'a')).epoch);
  record.broken.push(...unless(isRising(record.epochs), `an epoch fell: ${record.epochs.join(', ')}`));
  await newFlowsReach(lab, 'a');
}

/** What was there before a kill must be there after it: incidents, open or ended, and the epoch. */
function remember(record: Record, before: Status, after: Status): void {
  const known = new Set(after.incidents.map(({ id }) => id));
  const forgotten = before.incidents.filter(({ id }) => !known.has(id));
  record.epochs.push(before.sites[0]?.epoch ?? 0, after.sites[0]?.epoch ?? 0);
  record.broken.push(...forgotten.map(({ id, why }) => `the edge forgot the incident ${id} (${why})`));
}

/** The dead VPS must have left an incident, and its end must be known. */
async function incidentsEnded(lab: Lab, record: Record, sinceMs: number): Promise<void> {
  const { incidents } = await lab.edge.status();
  const ofA = incidents.filter(({ server, startedAt }) => server === 'a' && Date.parse(startedAt) >= sinceMs);
  record.broken.push(
    ...unless(ofA.length > 0, 'there is no incident of a'),
    ...ofA.filter(({ endedAt }) => endedAt === null).map(({ id }) => `the incident ${id} of a has not ended`),
  );
}
