import type { Rules } from '../engine/step.ts';
import { probing, serverChecks, siteRules } from './rules.ts';
import type { Fleet } from './schema.ts';

/** The rules of the whole judge, as `replay` and the simulator run it. */
export function engineRules(fleet: Fleet): Rules {
  return {
    probing: probing(fleet),
    vantages: fleet.vantage.map(({ id }) => id),
    servers: serverChecks(fleet),
    sites: fleet.site.map((site) => siteRules(fleet, site)),
  };
}
