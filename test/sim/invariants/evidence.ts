import type { SiteState } from '../../../worker/engine/site.ts';
import type { SiteRules } from '../../../worker/engine/types.ts';

/*
 * What a site's evidence says, written down a second time and independently of the judge: an invariant that asked the judge itself would believe its
 * mistakes.
 */

export type Inside = 'alive' | 'dead' | 'silent';

export function insideOf(state: SiteState, rules: SiteRules, server: string, t: number): Inside {
  const fresh = Object.values(state.servers[server]?.paths ?? {}).filter((path) => t - path.t < rules.leaseMs);
  if (fresh.length === 0) return 'silent';
  return fresh.some((path) => path.alive) ? 'alive' : 'dead';
}

/** In service, well from both sides, and not cut by the router. */
export function isWell(state: SiteState, rules: SiteRules, server: string, t: number): boolean {
  const known = state.servers[server];
  return known?.health === 'up' && known.resigned === null && !known.latched && insideOf(state, rules, server, t) === 'alive';
}

export function weightOf(state: SiteState | null, server: string): number {
  return state?.weights?.[server] ?? 0;
}
