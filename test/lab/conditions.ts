import type { SiteStatus } from '../../worker/protocol/status.ts';
import type { Lab } from './lab.ts';
import type { NewFlows } from './measure/new-flows.ts';
import { nowMs } from './measure/tool.ts';
import { inside, run, waitFor } from './processes.ts';
import { CLIENT_ADDRESSES, EDGE_ADDRESS, EDGE_PORT, SERVERS, type Server, serverOf, WAN_ADDRESS, WANS, type Wan } from './topology.ts';

/** This many echoes in a row (half a second) prove that traffic flows again. */
const PROOF_ECHOES = 50;
/** An agent whose edge was gone asks again after at most 30 s (`router-agent/backoff.ts`), and then things take their time. */
const EDGE_AGAIN_MS = 60_000;
/** A WAN by which a tunnel did not answer at once is tried again after 30 s (`router-agent/wan/homing.ts`). */
const WAN_AGAIN_MS = 45_000;

/** Waits for the normal state – `a` Active, new flows through it – with a UDP flow that begins in it. */
export async function normal(lab: Lab): Promise<void> {
  await settled(lab, 'a');
  await newFlowsReach(lab, 'a');
  await lab.tools.udp.renew();
}

/** Waits until the edge gives `server` all weight, the agent has applied just that. */
export function settled(lab: Lab, server: Server): Promise<SiteStatus> {
  return waitFor(
    `${server} to be Active with all weight, applied by the agent`,
    async () => {
      const site = await lab.edge.site();
      return site.active === server && site.weights[server] === 100 && site.applied === site.epoch ? site : null;
    },
    { timeoutMs: EDGE_AGAIN_MS, everyMs: 50 },
  );
}

/** Waits until the edge's own probes say `health` of the server. */
export async function healthIs(lab: Lab, server: Server, health: 'up' | 'down'): Promise<void> {
  await waitFor(
    `the edge to say that ${server} is ${health}`,
    async () => (await lab.edge.status()).servers.some(({ id, health: now }) => id === server && now === health),
    {
      everyMs: 50,
    },
  );
}

/** Waits until new flows of all client addresses come out of `server`. */
export function newFlowsReach(lab: Lab, server: Server): Promise<NewFlows> {
  return waitFor(
    `new flows of all clients to leave by ${server}`,
    async () => {
      const sample = await lab.tools.newFlows.sample();
      return countVia(sample.via, server) === CLIENT_ADDRESSES.length ? sample : null;
    },
    { timeoutMs: 30_000, everyMs: 100 },
  );
}

/** Waits until the UDP flow comes back by `server`, for half a second in a row. */
export async function echoesReturnBy(lab: Lab, server: Server, sinceMs: number, timeoutMs = 30_000): Promise<void> {
  await waitFor(
    `the client's echoes to come back by ${server}`,
    async () => {
      const { via, lastVia, gap } = await lab.tools.udp.summary(sinceMs);
      if (lastVia !== null && serverOf(lastVia) === server && countVia(via, server) >= PROOF_ECHOES) return true;
      throw new Error(`the last came by ${lastVia}, all since then by ${JSON.stringify(via)}, longest silence ${Math.round(gap.ms)} ms`);
    },
    { timeoutMs, everyMs: 50 },
  );
}

/** How many came by this server, whatever the IP version. */
export function countVia(via: Record<string, number>, server: Server): number {
  return Object.entries(via).reduce((sum, [address, count]) => sum + (serverOf(address) === server ? count : 0), 0);
}

/** Waits until all tunnels leave by `wan`, alive. */
export async function allLeaveBy(lab: Lab, wan: Wan): Promise<void> {
  await waitFor(
    `all tunnels to leave by ${wan}`,
    async () => {
      const bound = (await lab.agent.status()).wans.filter((path) => path.bound);
      return bound.length === SERVERS.length && bound.every((path) => path.wan === wan && path.alive);
    },
    { timeoutMs: WAN_AGAIN_MS, everyMs: 50 },
  );
}

/** The line by which all tunnels leave, once every path of both lines is alive. */
export function sharedWan(lab: Lab): Promise<Wan> {
  return waitFor(
    'all paths to be alive, and all tunnels to leave by one line',
    async () => {
      const { wans } = await lab.agent.status();
      const bound = new Set(wans.filter((path) => path.bound).map((path) => path.wan));
      const whole = wans.length === WANS.length * SERVERS.length && wans.every(({ alive }) => alive);
      return whole && bound.size === 1 ? WANS.find((wan) => bound.has(wan)) : null;
    },
    { timeoutMs: WAN_AGAIN_MS },
  );
}

/** How many packets came by neither tunnel: they went to the internet by the bare line, where nobody may see them. */
export function leaked(via: Record<string, number>): number {
  return Object.entries(via).reduce((sum, [address, count]) => sum + (serverOf(address) === undefined ? count : 0), 0);
}

/**
 * Waits until the agent is wholly at work (again): it has evidence of every path, follows the newest directive, and has a connection to the edge
 * – where its poll is held.
 */
export async function agentAtWork(lab: Lab): Promise<void> {
  await waitFor(
    'the agent to be at work',
    async () => {
      const { applied, epoch, paths } = await lab.agent.status();
      return applied === epoch && paths.every(({ alive }) => alive !== null) && (await pollHeld());
    },
    { timeoutMs: EDGE_AGAIN_MS },
  );
}

async function pollHeld(): Promise<boolean> {
  const filter = ['state', 'established', 'dst', `${EDGE_ADDRESS}:${EDGE_PORT}`];
  return (await run(inside('router', ['ss', '-Htn', ...filter]))).trim() !== '';
}

/** Waits until the agent's poll is held over `wan`, and returns how long that took, in milliseconds. */
export async function pollHeldBy(lab: Lab, wan: Wan, sinceMs: number): Promise<number> {
  const filter = ['state', 'established', 'src', WAN_ADDRESS[wan], 'dst', `${EDGE_ADDRESS}:${EDGE_PORT}`];
  await waitFor(
    `the agent's poll to be held over ${wan}`,
    async () => (await run(inside('router', ['ss', '-Htn', ...filter]))).trim() !== '',
  );
  await waitFor('the edge to hear the agent', async () => (await lab.edge.site()).agent.online);
  return Math.round(nowMs() - sinceMs);
}
