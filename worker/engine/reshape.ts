import type { Weights } from '../protocol/health.ts';
import { allocateAll, carries, type Move } from './failover.ts';
import type { SiteState } from './site-state.ts';
import { inService, type Standing } from './standing.ts';
import type { SiteRules } from './types.ts';
import * as why from './why.ts';

/**
 * The fleet file gives other shares than the ones in force: a server came or went, or capacities, priorities or the policy changed. New flows follow
 * at once, by drain, but none to a server that is not proven good: on a dead uplink the change waits. When the last carrier left the site, the best of the
 * others takes over. Writes the ramps.
 * @param wishEnded a pin or drill ended at this instant, and with it the order that it gave
 */
export function reshape(site: SiteState, all: readonly Standing[], rules: SiteRules, wishEnded: boolean): Move | null {
  if (site.weights === null || (site.shape === shapeOf(rules) && !wishEnded)) return null;
  const orphaned = !all.some((server) => carries(site, server) && server.state.ramp > 0);
  if (orphaned) {
    const heir = heirOf(all);
    if (heir === null) return null;
    heir.state.ramp = 100;
    return { blame: 'weights', mode: 'drain', why: why.orphaned(site.active ?? '', heir) };
  }
  const wanted = allocateAll(site, all, rules);
  if (wanted === null) return null;
  const waits = all.some((server) => gains(site, server, wanted) && !isAble(site, server));
  site.shape = waits ? '' : shapeOf(rules);
  if (waits) return null;
  return isSame(site.weights, wanted) ? null : { blame: 'weights', mode: 'drain', why: why.reshaped(wanted) };
}

function gains(site: SiteState, { id }: Standing, wanted: Weights): boolean {
  return (wanted[id] ?? 0) > (site.weights?.[id] ?? 0);
}

/** Whether it may get more: alive inside, or with a silent router up outside; of a carrier it is enough that nothing speaks against it. */
function isAble(site: SiteState, server: Standing): boolean {
  if (server.inside !== 'silent') return server.inside === 'alive';
  return server.state.health === 'up' || (server.state.health === 'unknown' && carries(site, server));
}

const SHAPES = new WeakMap<SiteRules, string>();

/** What of the rules the shares depend on, as one text. */
function shapeOf(rules: SiteRules): string {
  let shape = SHAPES.get(rules);
  if (shape === undefined) {
    shape = `${rules.policy} ${rules.servers.map(({ id, priority, weight }) => `${id}/${priority}/${weight}`).join(' ')}`;
    SHAPES.set(rules, shape);
  }
  return shape;
}

/** Whether the weights in force give every server the same; one that came or went without carrying anything changes nothing. */
function isSame(inForce: Weights, wanted: Weights): boolean {
  for (const id in inForce) if ((inForce[id] ?? 0) !== (wanted[id] ?? 0)) return false;
  for (const id in wanted) if ((inForce[id] ?? 0) !== (wanted[id] ?? 0)) return false;
  return true;
}

/** As for a cold start: up outside and not dead inside; failing that, one that the router reaches. */
function heirOf(all: readonly Standing[]): Standing | null {
  const serving = all.filter((server) => inService(server) && server.inside !== 'dead');
  return serving.find((server) => server.state.health === 'up') ?? serving.find((server) => server.inside === 'alive') ?? null;
}
