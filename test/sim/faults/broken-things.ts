import type { Prng } from '../prng.ts';
import type { World } from '../world.ts';
import type { Begun, FaultKind } from './fault.ts';

const SECOND = 1000;
const MINUTE = 60_000;

function broken(world: World, says: string, keys: readonly string[]): Begun {
  const mend = world.truth.break(...keys);
  return { says, end: mend };
}

/** Breaks and mends the same again and again, until it ends. */
function flapping(world: World, says: string, keys: readonly string[], next: () => number): Begun {
  let over = false;
  let mend: (() => void) | null = null;
  const toggle = (): void => {
    if (over) return;
    if (mend === null) mend = world.truth.break(...keys);
    else {
      mend();
      mend = null;
    }
    world.after(next(), toggle);
  };
  toggle();
  const end = (): void => {
    over = true;
    mend?.();
  };
  return { says: `${says} flaps`, end };
}

/** What really breaks: servers, regions, WANs, paths, the view from outside. */
export const BROKEN_THINGS: readonly FaultKind[] = [
  {
    kind: 'server-dead',
    often: 6,
    forMs: [200, 20 * MINUTE],
    begin: (world, rng) => {
      const server = rng.pick(world.scene.servers);
      return broken(world, `${server} is dead`, [`server/${server}`]);
    },
  },
  {
    kind: 'region-dead',
    often: 1,
    forMs: [SECOND, 10 * MINUTE],
    begin: (world, rng) => {
      const [region, servers] = rng.pick(Object.entries(world.scene.regions));
      const keys = servers.map((server) => `server/${server}`);
      return broken(world, `${region} is dead`, keys);
    },
  },
  {
    kind: 'server-flaps',
    often: 3,
    forMs: [20 * SECOND, 60 * MINUTE],
    begin: (world, rng) => {
      const server = rng.pick(world.scene.servers);
      const period = rng.span(300, 5 * MINUTE);
      return flapping(world, server, [`server/${server}`], () => rng.span(Math.max(100, period / 3), period));
    },
  },
  {
    kind: 'path-dead',
    often: 8,
    forMs: [200, 20 * MINUTE],
    begin: (world, rng) => {
      const { site, server, keys } = somePath(world, rng);
      return broken(world, `${site} does not reach ${server}`, keys);
    },
  },
  {
    kind: 'path-flaps',
    often: 5,
    forMs: [20 * SECOND, 60 * MINUTE],
    begin: (world, rng) => {
      const { site, server, keys } = somePath(world, rng);
      const period = rng.span(300, 5 * MINUTE);
      return flapping(world, `the path from ${site} to ${server}`, keys, () => rng.span(Math.max(100, period / 3), period));
    },
  },
  {
    kind: 'wan-dead',
    often: 4,
    forMs: [500, 10 * MINUTE],
    begin: (world, rng) => {
      const site = rng.pick(world.scene.sites);
      const wan = rng.pick(world.scene.wans);
      return broken(world, `${wan} of ${site} is dead`, [`wan/${site}/${wan}`]);
    },
  },
  {
    kind: 'wan-flaps',
    often: 2,
    forMs: [20 * SECOND, 20 * MINUTE],
    begin: (world, rng) => {
      const site = rng.pick(world.scene.sites);
      const wan = rng.pick(world.scene.wans);
      return flapping(world, `${wan} of ${site}`, [`wan/${site}/${wan}`], () => rng.span(300, 2 * MINUTE));
    },
  },
  {
    kind: 'uplink-dead',
    often: 2,
    forMs: [500, 10 * MINUTE],
    begin: (world, rng) => {
      const site = rng.pick(world.scene.sites);
      const keys = world.scene.wans.map((wan) => `wan/${site}/${wan}`);
      return broken(world, `all WANs of ${site} are dead`, keys);
    },
  },
  {
    kind: 'brown-out',
    often: 2,
    forMs: [5 * SECOND, 20 * MINUTE],
    begin: (world, rng) => {
      const { site, server } = somePath(world, rng);
      return broken(world, `the path from ${site} to ${server} is lossy and slow`, [`brown/${site}/${server}`]);
    },
  },
  {
    kind: 'outside-dead',
    often: 3,
    forMs: [5 * SECOND, 30 * MINUTE],
    begin: (world, rng) => {
      const server = rng.pick(world.scene.servers);
      return broken(world, `nobody outside reaches ${server}`, [`outside/${server}`]);
    },
  },
  {
    kind: 'vantage-lies',
    often: 4,
    forMs: [5 * SECOND, 30 * MINUTE],
    begin: (world, rng) => {
      const vantage = rng.pick(world.scene.vantages);
      const server = rng.pick(world.scene.servers);
      return broken(world, `${vantage} does not reach ${server}`, [`lie/${vantage}/${server}`]);
    },
  },
  {
    kind: 'vantage-blind',
    often: 4,
    forMs: [5 * SECOND, 20 * MINUTE],
    begin: (world, rng) => {
      const blind = rng.some(world.scene.vantages, rng.chance(0.3) ? world.scene.vantages.length : 1);
      const keys = blind.map((vantage) => `blind/${vantage}`);
      return broken(world, `${blind.join(', ')} see nothing`, keys);
    },
  },
  {
    kind: 'vantage-slow',
    often: 3,
    forMs: [10 * SECOND, 30 * MINUTE],
    begin: (world, rng) => {
      const slow = rng.some(world.scene.vantages, rng.chance(0.3) ? world.scene.vantages.length : 1);
      const keys = slow.flatMap((vantage) => [`slow/${vantage}`, `late/v/${vantage}`]);
      return broken(world, `${slow.join(', ')} are slow`, keys);
    },
  },
  {
    kind: 'alarms-late',
    often: 2,
    forMs: [MINUTE, 30 * MINUTE],
    begin: (world, rng) => {
      const who = rng.pick(['fleet', ...world.scene.sites.map((site) => `s/${site}`)]);
      return broken(world, `alarms of ${who} come late`, [`late/${who}`]);
    },
  },
];

/** One tunnel of one site, broken over all WANs or over one. */
function somePath(world: World, rng: Prng): { site: string; server: string; keys: string[] } {
  const site = rng.pick(world.scene.fleet.site);
  const server = rng.pick(site.servers);
  const wans = rng.chance(0.7) ? world.scene.wans : [rng.pick(world.scene.wans)];
  return { site: site.id, server, keys: wans.map((wan) => `path/${site.id}/${wan}/${server}`) };
}
