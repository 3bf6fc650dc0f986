import { startAgent } from './agent.ts';
import { normal } from './conditions.ts';
import { type FleetOptions, startEdge } from './edge.ts';
import type { Lab } from './lab.ts';
import { startTools } from './measure/tools.ts';
import { buildTopology, SERVERS } from './topology.ts';
import { buildTunnel } from './wire.ts';

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
