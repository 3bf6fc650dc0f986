import { readFleet } from '../../worker/fleet-file/read.ts';
import type { Fleet } from '../../worker/fleet-file/schema.ts';
import type { Prng } from './prng.ts';

/** What there is in a run: fixed by the seed and the sizes. */
export interface Scene {
  seed: string;
  fleet: Fleet;
  /** The same as text, as people would put it. */
  fleetText: string;
  servers: readonly string[];
  vantages: readonly string[];
  sites: readonly string[];
  /** Each router's WANs. */
  wans: readonly string[];
  /** Servers that fail together. */
  regions: Readonly<Record<string, readonly string[]>>;
}

export interface Sizes {
  servers: number;
  sites: number;
  vantages: number;
  wans: number;
}

const HINTS = ['weur', 'enam', 'apac', 'eeur', 'wnam', 'oc', 'sam', 'afr', 'me', 'apac-ne', 'apac-se'] as const;

/** The fleet file's limit. */
const LONGEST_NAME = 64;

export function sceneOf(seed: string, sizes: Sizes, rng: Prng): Scene {
  const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
  const servers = names('vps', sizes.servers);
  const vantages = names('v', sizes.vantages);
  const sites = names('home', sizes.sites);
  const regionOf = (i: number): string => `region-${(i % Math.max(2, Math.ceil(sizes.servers / 2))) + 1}`;
  const file = {
    fleet: { name: `simulation ${seed}`.slice(0, LONGEST_NAME), plan: 'paid' },
    probing: { interval_s: rng.pick([5, 10, 10, 20]), fast_interval_ms: 1000, timeout_ms: 2000, fall: rng.int(2, 4), rise: rng.int(2, 3) },
    vantage: vantages.map((id, i) => ({ id, region: HINTS[i % HINTS.length], witnesses: ['https://witness.example/'] })),
    server: servers.map((id, i) => ({
      id,
      address: `192.0.2.${i + 1}`,
      region: regionOf(i),
      priority: rng.pick([50, 100, 150, 200, 254]),
      weight: rng.pick([50, 100, 100, 300]),
      check: [{ kind: 'tls', port: 65500 }, ...(rng.chance(0.3) ? [{ kind: 'tcp', port: 22, critical: rng.chance(0.5) }] : [])],
    })),
    site: sites.map((id) => siteOf(id, servers, rng)),
  };
  const fleetText = JSON.stringify(file, null, 2);
  const read = readFleet(fleetText, 'json', { allowPrivate: true });
  if (!read.ok) throw new Error(`the simulator made a fleet that is none: ${JSON.stringify(read.errors)}`);
  const regions: Record<string, string[]> = {};
  for (const [i, id] of servers.entries()) regions[regionOf(i)] = [...(regions[regionOf(i)] ?? []), id];
  return { seed, fleet: read.fleet, fleetText, servers, vantages, sites, wans: names('wan', sizes.wans), regions };
}

function siteOf(id: string, servers: readonly string[], rng: Prng) {
  const mine = rng.some(servers, rng.pick([2, 2, 3, 4]));
  const delay = rng.pick([5, 20, 60]);
  return {
    id,
    servers: rng.chance(0.5) ? mine : mine.toReversed(),
    policy: rng.chance(0.2) ? 'weighted' : 'priority',
    preempt: rng.chance(0.85),
    preempt_delay_s: delay,
    failback_stages: rng.pick([[10, 50, 100], [10, 50, 100], [100], [1, 5, 25, 100]]),
    stage_soak_s: rng.pick([10, 30, 60]),
    trust_outside: rng.chance(0.15),
    lease_s: rng.pick([60, 120, 180]),
    damping: { half_life_s: rng.pick([60, 300]), max_s: rng.pick([delay, 300, 900]) },
  };
}
