import { voteTtlMs } from '../../worker/engine/fleet.ts';
import type { SiteRules } from '../../worker/engine/types.ts';
import { probing, siteRules } from '../../worker/fleet-file/rules.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const RESIGNATION_MS = 600_000;
/** An alarm a minute late, a delivery's last retry, the watchdog's minute, a poll that times out, and the agent's longest back-off. */
const MESSENGERS_MS = 60_000 + 60_000 + 60_000 + 65_000 + 30_000;
const SLACK_MS = 10_000;

/**
 * How long a site may take to be as the fleet file wants it, once nothing is broken any more: a resignation lapses, votes and leases run out or are
 * renewed, the longest hold-down passes, and every server in turn goes through all its stages.
 */
export function boundMs(scene: Scene): number {
  const votesMs = 2 * voteTtlMs(probing(scene.fleet));
  const perSite = scene.fleet.site.map((site) => {
    const rules = siteRules(scene.fleet, site);
    const holdDownMs = Math.max(rules.preemptDelayMs, rules.damping.maxMs);
    return rules.leaseMs + holdDownMs + rules.servers.length * rules.failbackStages.length * rules.stageSoakMs + rules.drillDurationMs;
  });
  return RESIGNATION_MS + votesMs + MESSENGERS_MS + Math.max(...perSite) + SLACK_MS;
}

/** What keeps a site from being as it should; null: nothing. */
export function unsettled(world: World, siteId: string): string | null {
  const site = world.edge.sites.get(siteId);
  const rules = site?.rules() ?? null;
  const state = site?.facts.state ?? null;
  const agent = world.routers.get(siteId)?.agents[0];
  if (rules === null || state?.weights == null) return 'the edge has not decided anything';
  const ill = rules.servers.find(({ id }) => state.servers[id]?.health !== 'up');
  if (ill !== undefined) return `${ill.id} is ${state.servers[ill.id]?.health} at the site`;
  const { weights } = state;
  if (!isWanted(rules, weights)) return `the edge has ${JSON.stringify(weights)}, which ${JSON.stringify(rules.servers)} does not ask for`;
  if (state.hold !== 'none') return `the edge holds (${state.hold})`;
  if (agent?.isRunning !== true || agent.carry === null) return 'the agent does not run';
  if (agent.latched.length > 0) return `the router keeps ${agent.latched.join()} latched`;
  if (agent.epoch !== state.epoch) return `the router is at epoch ${agent.epoch}, the edge at ${state.epoch}`;
  if (!sameWeights(agent.carry.weights, state.weights))
    return `the router carries ${JSON.stringify(agent.carry.weights)}, the edge wants ${JSON.stringify(state.weights)}`;
  return null;
}

/** Without preemption whoever is Active stays it; of equal priorities none preempts the other. Shares may be rounded either way. */
function isWanted({ servers, policy, preempt }: SiteRules, weights: Readonly<Record<string, number>>): boolean {
  if (policy === 'weighted') {
    const capacity = servers.reduce((sum, { weight }) => sum + weight, 0);
    return servers.every(({ id, weight }) => Math.abs((weights[id] ?? 0) - (100 * weight) / capacity) < 1);
  }
  const best = Math.max(...servers.map(({ priority }) => priority));
  return servers.some(({ id, priority }) => weights[id] === 100 && (!preempt || priority === best));
}

function sameWeights(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  return Object.keys({ ...a, ...b }).every((id) => (a[id] ?? 0) === (b[id] ?? 0));
}
