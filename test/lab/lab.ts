import { type Agent, startAgent } from './agent.ts';
import { newFlowsReach, settled } from './conditions.ts';
import { type Edge, type FleetOptions, startEdge } from './edge.ts';
import { startTools, type Tools } from './measure/tools.ts';
import { buildTopology, SERVERS } from './topology.ts';
import { buildTunnel } from './wire.ts';

/** A lab in operation. */
export interface Lab {
  edge: Edge;
  agent: Agent;
  tools: Tools;
  /** Progress for a person, to stderr. */
  say(text: string): void;
}

/** Builds the whole lab and waits until it is in its normal state: both servers healthy, `a` Active, clients on the internet through it. */
export async function buildLab(options: FleetOptions, say: (text: string) => void): Promise<Lab> {
  say('building namespaces and tunnels');
  await buildTopology();
  const tunnels = await Promise.all(SERVERS.map(buildTunnel));
  const tools = await startTools();
  say('starting the edge (workerd) and the agent');
  const edge = await startEdge(options);
  const agent = startAgent(edge.url, await edge.createToken(), tunnels);
  const lab = { edge, agent, tools, say };
  await normal(lab);
  say('ready: a is Active, and the client is on the internet through it');
  return lab;
}

/** Waits for the normal state, with a new UDP flow that begins in it. */
export async function normal(lab: Lab): Promise<void> {
  await settled(lab, 'a');
  await newFlowsReach(lab, 'a');
  await lab.tools.udp.renew();
}
