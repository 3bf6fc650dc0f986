import { byId } from '../fleet-file/by-id.ts';
import { checkSpecs, siteRules } from '../fleet-file/rules.ts';
import type { SiteSnapshot, VantageSnapshot } from './contract.ts';
import type { Config, FleetFacts } from './fleet-facts.ts';
import { paced } from './fleet-pace.ts';
import { standing } from './fleet-turn.ts';
import type { Target } from './outstanding.ts';

/** All that a site has to know; without rules when it is not in the fleet file. */
export function siteSnapshot(facts: FleetFacts, id: string): SiteSnapshot {
  const { config, revision } = facts;
  const site = byId(config?.fleet.site ?? [], id);
  if (config === null || site === undefined) return { revision, site: null, health: {} };
  const health = Object.fromEntries(site.servers.map((server) => [server, standing(facts, server)]));
  const drill = site.drill === undefined ? null : { cron: site.drill.cron, timezone: site.drill.timezone };
  return { revision, site: { name: site.name, rules: siteRules(config.fleet, site), drill }, health };
}

/** All that a vantage has to know; nothing when it is not in the fleet file, or in another region there. */
export function vantageSnapshot({ config, revision, pace }: FleetFacts, id: string, region: string): VantageSnapshot {
  const vantages = config?.fleet.vantage ?? [];
  const place = vantages.findIndex((candidate) => candidate.id === id && candidate.region === region);
  const vantage = vantages[place];
  if (config === null || vantage === undefined) return { revision, vantage: null };
  const servers = config.fleet.server.map((server) => ({ id: server.id, address: server.address, checks: checkSpecs(server) }));
  return {
    revision,
    vantage: {
      id,
      region,
      witnesses: vantage.witnesses,
      phase: place / vantages.length,
      rules: paced(config.fleet, pace.slowdown),
      servers,
    },
  };
}

/** Everyone whom a change of the configuration concerns: those that are in it, and those that were. */
export function targetsOf(before: Config | null, after: Config): Target[] {
  const targets = new Map<string, Target>();
  for (const config of [before, after]) {
    for (const { id } of config?.fleet.site ?? []) targets.set(`site ${id}`, { kind: 'site', id, region: '' });
    for (const { id, region } of config?.fleet.vantage ?? []) targets.set(`vantage ${id} ${region}`, { kind: 'vantage', id, region });
  }
  return [...targets.values()];
}

/** The sites that use any of these servers. */
export function sitesOf(config: Config, servers: ReadonlySet<string>): Target[] {
  return config.fleet.site
    .filter((site) => site.servers.some((server) => servers.has(server)))
    .map(({ id }) => ({ kind: 'site', id, region: '' }));
}
