import { DEATH_TOLD_MS, LIFE_TOLD_MS } from '../nodes/detector.ts';
import type { Context, Invariant } from './invariant.ts';

/** Beside the detection, of the simulated detector: nothing, a decision takes no time here. One millisecond for rounding. */
export const DEAD_PATH_BOUND_MS = DEATH_TOLD_MS.most + 1;
/** A start hears its first answers, or misses them, within this. */
const START_MS = 1200;

/**
 * Since when users' traffic is on a dead path that the router should have left: the path is dead, another one lives and has lived long enough to be known,
 * and an agent runs long enough to know. Null: it is not.
 */
export function exposedSince({ world, paths }: Pick<Context, 'world' | 'paths'>, site: string): number | null {
  const agent = world.routers.get(site)?.agents[0];
  if (agent?.isRunning !== true || agent.carry === null) return null;
  const { carry } = agent;
  const others = agent.box.servers.filter((server) => paths.of(site, server).alive);
  const livingSince = Math.min(...others.map((server) => paths.of(site, server).since + LIFE_TOLD_MS.most));
  const dead = agent.box.servers.filter((server) => !paths.of(site, server).alive && isUsed(carry, server));
  const deadSince = Math.min(...dead.map((server) => paths.of(site, server).since));
  const since = Math.max(livingSince, deadSince, agent.startedAt + START_MS);
  return Number.isFinite(since) ? since : null;
}

/** New flows go there, or established ones stay there while traffic is steered at all. */
function isUsed(carry: { weights: Record<string, number>; live: Record<string, string> }, server: string): boolean {
  return (carry.weights[server] ?? 0) > 0;
}

export const DEAD_PATH: Invariant = {
  name: 'dead-path',
  holds: `No new flow is given to a dead path for longer than ${DEAD_PATH_BOUND_MS} ms while another path lives that has lived for ${LIFE_TOLD_MS.most} ms and an agent runs.`,
  watch(context) {
    const { world, broken } = context;
    const check = (site: string): void => {
      const since = exposedSince(context, site);
      if (since === null) return;
      if (world.now > since + DEAD_PATH_BOUND_MS) {
        const carry = world.routers.get(site)?.agents[0]?.carry;
        broken(site, `traffic has been on a dead path for ${world.now - since} ms: ${JSON.stringify(carry?.weights)}`);
      }
      world.after(Math.max(1, since + DEAD_PATH_BOUND_MS + 1 - world.now), () => check(site));
    };
    return {
      truthChanged(key) {
        for (const { router } of world.pathsBehind(key)) check(router.site);
      },
      settled: ({ agent }) => agent.box.main && check(agent.box.site),
    };
  },
};
