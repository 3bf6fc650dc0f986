import { type Agent, createAgent } from '../agent.ts';
import { type Client, createClient, edgeUrl, readToken } from '../client.ts';
import type { Config } from '../config.ts';
import { steersKernel } from '../drivers/registry.ts';
import { exitFacts } from '../exit/facts.ts';
import { type ExitWatch, watchExits } from '../exit/watch.ts';
import { mostOf } from '../life.ts';
import { type PostResult, post } from '../post.ts';
import { systemAddresses } from '../wan/addresses.ts';
import type { Base } from './base.ts';
import { waysToEdge } from './ways.ts';

/** As long may the edge take to answer through a tunnel. */
const EXIT_MS = 5000;

/** Who decides, who asks the edge, and who looks where traffic comes out. */
export interface Head {
  agent: Agent;
  client: Client;
  exits: ExitWatch;
  /** Where traffic has just moved to, it must come out right. */
  checkNewExit(): void;
}

export function createHead(base: Base): Head {
  const { config, keeper, dataPlane, problems, clock, log, contact } = base;
  let checked: string | null = null;
  const agent = createAgent({
    ...{ site: config.site, instance: base.instance, servers: base.servers },
    ...{ keeper, dataPlane, problems, clock, log, pathOf: base.pathOf, wansOf: base.wansOf },
    mptcp: base.mptcp.told,
    isBarred: (server) => exits.isBarred(server),
    onNews: () => client.nudge(),
  });
  const exits = startExits(base, agent);
  const client = createClient({
    ...{ edge: config.edge, tokenFile: config.token_file, clock, log },
    ways: () => waysToEdge(base),
    report: () => agent.report(),
    async take(answer) {
      const taken = await agent.take(answer);
      checkNewExit();
      return taken;
    },
    heard: contact.heard,
  });
  base.late.tellEdge = () => client.nudge();

  function checkNewExit(): void {
    const now = mostOf(base.servers, agent.carry()?.weights ?? {});
    if (now !== null && now !== checked) exits.check(now);
    checked = now;
  }

  return { agent, client, exits, checkNewExit };
}

function startExits(base: Base, agent: Agent): ExitWatch {
  const { config, dataPlane, contact } = base;
  return watchExits({
    servers: steersKernel(config) ? config.tunnel.filter(({ exit }) => exit !== false).map(({ server }) => server) : [],
    ...{ clock: base.clock, log: base.log, problems: base.problems },
    ask: (server) => askExit(config, dataPlane.sourceOf(server), base.signal),
    isAlive: (server) => base.pathOf(server).alive === true,
    edgeReached: () => contact.view().reached,
    factsOf: exitFacts(config, dataPlane.lines, systemAddresses),
    onChange: () => void agent.barChanged(),
  });
}

/** The edge, asked through a tunnel: by the tunnel's own address, which leads nowhere else. */
async function askExit(config: Config, localAddress: string | null | undefined, signal: AbortSignal): Promise<PostResult | null> {
  const token = readToken(config.token_file);
  if (!token.ok || typeof localAddress !== 'string') return null;
  const url = edgeUrl(config.edge, '/agent/v1/echo');
  return post({ url, token: token.value, body: null, timeoutMs: EXIT_MS, signal, localAddress });
}
