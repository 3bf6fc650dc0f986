import { byId } from '../fleet-file/by-id.ts';
import { checkSpecs, siteRules } from '../fleet-file/rules.ts';
import type { SiteSnapshot, VantageSnapshot } from './contract.ts';
import type { Config, FleetFacts } from './fleet-facts.ts';
import { paced } from './fleet-pace.ts';
import { shardsIn, vantageTarget } from './fleet-shards.ts';
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

/** All that one object of a vantage has to know; nothing when it is not in the fleet file, or in another region there. */
export function vantageSnapshot({ config, revision, pace }: FleetFacts, key: string, region: string): VantageSnapshot {
  const mine =
    config === null ? undefined : shardsIn(config.fleet).find((candidate) => candidate.key === key && candidate.region === region);
  if (config === null || mine === undefined) return { revision, vantage: null };
  const { vantage: id, shard, phase } = mine;
  const servers = config.fleet.server
    .filter((server) => mine.servers.includes(server.id))
    .map((server) => ({ id: server.id, address: server.address, checks: checkSpecs(server) }));
  const witnesses = config.fleet.vantage.find((vantage) => vantage.id === id)?.witnesses ?? [];
  return { revision, vantage: { id, region, shard, witnesses, phase, rules: paced(config.fleet, pace.slowdown), servers } };
}

/** Everyone whom a change of the configuration concerns: those that are in it, and those that were. */
export function targetsOf(before: Config | null, after: Config): Target[] {
  const targets = new Map<string, Target>();
  for (const config of [before, after]) {
    for (const { id } of config?.fleet.site ?? []) targets.set(`site ${id}`, { kind: 'site', id, region: '' });
    for (const shard of config === null ? [] : shardsIn(config.fleet))
      targets.set(`vantage ${shard.key} ${shard.region}`, vantageTarget(shard));
  }
  return [...targets.values()];
}

/** The sites that use any of these servers. */
export function sitesOf(config: Config, servers: ReadonlySet<string>): Target[] {
  return config.fleet.site
    .filter((site) => site.servers.some((server) => servers.has(server)))
    .map(({ id }) => ({ kind: 'site', id, region: '' }));
}
