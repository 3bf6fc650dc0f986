import type { ProbingRules, ServerChecks, SiteRules } from '../../../../worker/engine/types.ts';
import { readFleet } from '../../../../worker/fleet-file/read.ts';
import { probing, siteRules } from '../../../../worker/fleet-file/rules.ts';
import { SERVERS, VANTAGES } from '../world/episode.ts';

export const SITE = 'home';

export interface FleetRules {
  probing: ProbingRules & { fastIntervalMs: number };
  checks: Record<string, ServerChecks>;
  site: SiteRules;
}

/** The rules of a fleet file that says only what it has to, read by the real reader: all values are the defaults. `site` adds keys to the site's table. */
export function fleetRules(site: object): FleetRules {
  const file = {
    fleet: { name: 'compared' },
    vantage: VANTAGES.map((id) => ({ id, region: id, witnesses: ['https://example.com/'] })),
    server: SERVERS.map((id, i) => ({ id, address: `192.0.2.${i + 1}`, priority: 200 - 100 * i, preset: 'omr' })),
    site: [{ id: SITE, servers: SERVERS, ...site }],
  };
  const read = readFleet(JSON.stringify(file), 'json', { allowPrivate: false });
  if (!read.ok) throw new Error(`the compared fleet file: ${read.errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}`);
  const [first] = read.fleet.site;
  if (first === undefined) throw new Error('the compared fleet file has no site');
  const checks = Object.fromEntries(SERVERS.map((id) => [id, { critical: [true] }]));
  return { probing: probing(read.fleet), checks, site: siteRules(read.fleet, first) };
}
