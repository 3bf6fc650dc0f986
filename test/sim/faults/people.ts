import type { SiteEvent } from '../../../worker/engine/types.ts';
import type { Prng } from '../prng.ts';
import type { World } from '../world.ts';
import { type Begun, done, type FaultKind } from './fault.ts';

const SECOND = 1000;
const MINUTE = 60_000;

/** A control at a site that is there; people try again later when it is not. */
function ask(world: World, site: string, event: (t: number) => SiteEvent): boolean {
  const node = world.edge.sites.get(site);
  if (node === undefined || !node.machine.isUp) return false;
  const t = node.machine.clock.read(world.now);
  const wish = event(t);
  world.watch.asked(site, wish, node.control(wish), t);
  return true;
}

function someSite(world: World, rng: Prng): { id: string; server: string } {
  const site = rng.pick(world.scene.fleet.site);
  return { id: site.id, server: rng.pick(site.servers) };
}

/** A change of the fleet file, by people; the run ends with the file as it was. */
function reconfigured(world: World, says: string, change: (file: FleetFile) => void): Begun {
  const file = JSON.parse(world.scene.fleetText) as FleetFile;
  change(file);
  if (world.edge.fleet.machine.isUp) world.putFleet(JSON.stringify(file));
  const end = (): void => {
    if (world.edge.fleet.machine.isUp) world.putFleet(world.scene.fleetText);
  };
  return { says, end };
}

/** The keys of the fleet file that are changed here. */
interface FleetFile {
  probing: { interval_s: number };
  server: { id: string; priority: number; weight: number }[];
  site: { id: string; servers: string[]; policy: string; preempt: boolean; preempt_delay_s: number; stage_soak_s: number }[];
}

/** What people do: all of it is meant well, at the worst moments. */
export const PEOPLE: readonly FaultKind[] = [
  {
    kind: 'pin',
    often: 4,
    forMs: [10 * SECOND, 30 * MINUTE],
    begin: (world, rng, forMs) => {
      const { id, server } = someSite(world, rng);
      const ends = rng.chance(0.5);
      if (!ask(world, id, (t) => ({ type: 'pin', server, ...(ends ? { until: t + Math.ceil(forMs / 2) } : {}) }))) return null;
      return {
        says: `${id} is pinned to ${server}${ends ? ' for a while' : ''}`,
        end: () => void ask(world, id, () => ({ type: 'unpin' })),
      };
    },
  },
  {
    kind: 'maintenance',
    often: 4,
    forMs: [10 * SECOND, 30 * MINUTE],
    begin: (world, rng, forMs) => {
      const { fleet } = world.edge;
      const server = rng.pick(world.scene.servers);
      if (!fleet.machine.isUp) return null;
      fleet.setMaintenance(server, fleet.machine.clock.read(world.now) + (rng.chance(0.5) ? Math.ceil(forMs / 2) : 2 * forMs));
      return { says: `${server} is in maintenance`, end: () => fleet.machine.isUp && fleet.setMaintenance(server, null) };
    },
  },
  {
    kind: 'drill',
    often: 4,
    forMs: [1, 1],
    begin: (world, rng) => {
      const { id } = someSite(world, rng);
      return ask(world, id, () => ({ type: 'drill' })) ? done(`a drill at ${id}`) : null;
    },
  },
  {
    kind: 'resign',
    often: 3,
    forMs: [5 * SECOND, 10 * MINUTE],
    begin: (world, rng) => {
      const server = rng.pick(world.scene.servers);
      if (!world.edge.fleet.machine.isUp) return null;
      world.edge.fleet.resign(server);
      if (rng.chance(0.3)) return done(`${server} resigns and stays`);
      let mend = (): void => undefined;
      let over = false;
      world.after(rng.int(200, 5000), () => {
        if (!over) mend = world.truth.break(`server/${server}`);
      });
      const end = (): void => {
        over = true;
        mend();
      };
      return { says: `${server} resigns and goes down`, end };
    },
  },
  {
    kind: 'reconfigured',
    often: 3,
    forMs: [MINUTE, 30 * MINUTE],
    begin: (world, rng) =>
      reconfigured(world, 'another fleet file', (file) => {
        const site = rng.pick(file.site);
        const server = rng.pick(file.server);
        const changes: (() => void)[] = [
          () => (server.priority = rng.int(1, 254)),
          () => (server.weight = rng.int(1, 300)),
          () => (site.policy = site.policy === 'weighted' ? 'priority' : 'weighted'),
          () => (site.preempt = !site.preempt),
          () => (site.stage_soak_s = rng.int(5, 90)),
          () => (site.preempt_delay_s = rng.int(1, 120)),
          () => (file.probing.interval_s = rng.pick([5, 10, 20])),
          () => (site.servers = rng.some(site.servers, Math.max(1, site.servers.length - 1))),
          () => (site.servers = site.servers.toReversed()),
        ];
        rng.pick(changes)();
        if (rng.chance(0.3)) rng.pick(changes)();
      }),
  },
];
