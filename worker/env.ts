import type { FleetRpc, SiteRpc, VantageRpc } from './objects/contract.ts';

/** What the Worker is given: bindings of wrangler.toml, and its secrets. */
export interface Env {
  FLEET: DurableObjectNamespace;
  VANTAGE: DurableObjectNamespace;
  SITE: DurableObjectNamespace;
  /** The administrator's bearer token. Without it the administration answers 503. */
  ADMIN_TOKEN?: string;
  /** Cloudflare Access before `/admin`: the team's domain (`team.cloudflareaccess.com`) and the application's audience tag. Both, or neither counts. */
  ACCESS_TEAM_DOMAIN?: string;
  ACCESS_AUD?: string;
  /** 'true' under `serve`: http, loopback and private addresses may be watched. */
  ALLOW_PRIVATE?: string;
  /** 'true' under `serve`: an object that was asked once is a file, and may stay in memory. So strangers must not make one by naming it. */
  OBJECTS_STAY?: string;
  /** Where people reach the page, for the links in notifications; without it, where the administrator put the fleet file. */
  PUBLIC_URL?: string;
}

/** The one Fleet object. */
export function fleetOf(env: Env): FleetRpc {
  return env.FLEET.get(env.FLEET.idFromName('fleet')) as unknown as FleetRpc;
}

/** The object of one site; `fetch` upgrades to the socket on which a poll waits. */
export function siteOf(env: Env, site: string): SiteRpc & Pick<Fetcher, 'fetch'> {
  return env.SITE.get(env.SITE.idFromName(`site/${site}`)) as unknown as SiteRpc & Pick<Fetcher, 'fetch'>;
}

/**
 * The object of one shard of a vantage. Its name carries the region and a version, so that a changed region is a new object in a new place:
 * a location hint counts only for the first `get()` of a name, and objects do not move.
 */
export function vantageOf(env: Env, vantage: string, region: string, shard = 0): VantageRpc {
  const id = env.VANTAGE.idFromName(`vantage/${vantage}/${region}/v1${shard === 0 ? '' : `/${shard}`}`);
  return env.VANTAGE.get(id, { locationHint: region as DurableObjectLocationHint }) as unknown as VantageRpc;
}
