import { type Agent, startAgent } from './agent.ts';
import { normal } from './conditions.ts';
import { startEdge } from './edge.ts';
import type { Lab } from './lab.ts';
import { startTools } from './measure/tools.ts';
import { waitFor } from './processes.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { buildTopology, SERVERS } from './topology.ts';
import { buildTunnel } from './wire.ts';

/**
 * In its first seconds an agent is patient on purpose, because it does not know its paths yet (the warm-up of the heartbeat's monitor, about 3.5 s). Promises
 * about time are about an agent in operation.
 */
const AGENT_WARM_UP_MS = 5000;

export async function agentWarm(agent: Agent): Promise<void> {
  await waitFor('the agent to be warm', async () => (await agent.status()).upMs >= AGENT_WARM_UP_MS, { everyMs: 200 });
}

/** Builds the whole lab and waits until it is in its normal state: both servers healthy, `a` Active, clients on the internet through it. */
export async function buildLab(
  { fleet, tunnels = {}, agent: keys, prepare }: Pick<Scenario, 'fleet' | 'tunnels' | 'agent' | 'prepare'>,
  say: (text: string) => void,
): Promise<Lab> {
  say('building namespaces and tunnels');
  await buildTopology();
  const routerTunnels = await Promise.all(SERVERS.map((server) => (tunnels[server] ?? buildTunnel)(server)));
  const tools = await startTools();
  await prepare?.();
  say('starting the edge (workerd) and the agent');
  const edge = await startEdge(fleet);
  const agent = await startAgent(edge.url, await edge.createToken(), routerTunnels, keys);
  const lab = { edge, agent, tools, say };
  await normal(lab);
  await agentWarm(agent);
  say('ready: a is Active, and the client is on the internet through it');
  return lab;
}
