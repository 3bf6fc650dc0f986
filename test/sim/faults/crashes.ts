import { MAX_SKEW_MS, type NodeClock } from '../node-clock.ts';
import type { Machine } from '../nodes/machine.ts';
import type { Prng } from '../prng.ts';
import type { World } from '../world.ts';
import { type Begun, done, type FaultKind } from './fault.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const DAY = 86_400_000;

interface Crashing {
  machine: Machine;
  crash(): void;
}

function someObject(world: World, rng: Prng): Crashing | null {
  const { edge, scene } = world;
  const name = rng.pick(['fleet', rng.pick(scene.vantages), rng.pick(scene.sites), rng.pick(scene.sites)]);
  if (name === 'fleet') return edge.fleet;
  return edge.vantages.get(name) ?? edge.sites.get(name) ?? null;
}

/** It stands still, and wakes without its memory. */
function gone(objects: readonly Crashing[], says: string): Begun {
  const starts = objects.map(({ machine }) => machine.halt());
  for (const object of objects) object.crash();
  const end = (): void => {
    for (const start of starts) start();
    for (const object of objects) object.crash();
  };
  return { says, end };
}

function everyObject({ edge }: World): Crashing[] {
  return [edge.fleet, ...edge.vantages.values(), ...edge.sites.values()];
}

/** Objects and agents that crash, vanish, come twice, forget; clocks that are wrong. */
export const CRASHES: readonly FaultKind[] = [
  {
    kind: 'object-crash',
    often: 5,
    forMs: [1, 1],
    begin: (world, rng) => {
      const object = someObject(world, rng);
      object?.crash();
      return object === null ? null : done(`${object.machine.name} crashes`);
    },
  },
  {
    kind: 'object-away',
    often: 3,
    forMs: [SECOND, 15 * MINUTE],
    begin: (world, rng) => {
      const object = someObject(world, rng);
      return object === null ? null : gone([object], `${object.machine.name} is away`);
    },
  },
  {
    kind: 'edge-away',
    often: 2,
    forMs: [SECOND, 20 * MINUTE],
    begin: (world) => gone(everyObject(world), 'the whole edge is away'),
  },
  {
    kind: 'edge-restart',
    often: 2,
    forMs: [1, 1],
    begin: (world) => {
      for (const object of everyObject(world)) object.crash();
      return done('the whole edge restarts');
    },
  },
  {
    kind: 'edge-lost',
    often: 0.4,
    forMs: [1, 1],
    begin: (world) => {
      world.edge.lose(world.fleetText);
      return done('the edge loses its whole state');
    },
  },
  {
    kind: 'agent-restart',
    often: 4,
    forMs: [100, 10 * MINUTE],
    begin: (world, rng) => agentGone(world, rng, 'its agent is away', () => undefined),
  },
  {
    kind: 'router-reboot',
    often: 2,
    forMs: [20 * SECOND, 5 * MINUTE],
    begin: (world, rng) =>
      agentGone(world, rng, 'the router reboots', (box) => {
        box.kernel = null;
      }),
  },
  {
    kind: 'agent-forgets',
    often: 1,
    forMs: [SECOND, MINUTE],
    begin: (world, rng) =>
      agentGone(world, rng, 'its agent loses its state file', (box) => {
        box.disk = null;
        world.watch.diskLost(box);
      }),
  },
  {
    kind: 'second-agent',
    often: 1,
    forMs: [10 * SECOND, 20 * MINUTE],
    begin: (world, rng) => {
      const router = world.routers.get(rng.pick(world.scene.sites));
      if (router === undefined) return null;
      const place = router.boxes.push(world.newBox(router.site, false)) - 1;
      world.startAgent(router, place);
      return { says: `a second agent runs for ${router.site}`, end: () => world.killAgent(router, place) };
    },
  },
  {
    kind: 'clock-step',
    often: 3,
    forMs: [10 * SECOND, 30 * MINUTE],
    begin: (world, rng) => {
      const machine = someObject(world, rng)?.machine;
      if (machine === undefined) return null;
      const byMs = rng.int(-MAX_SKEW_MS, MAX_SKEW_MS);
      machine.clock.step(world.now, byMs);
      return { says: `the clock of ${machine.name} steps by ${byMs} ms`, end: () => heal(machine.clock) };
    },
  },
  {
    kind: 'clock-drift',
    often: 2,
    forMs: [10 * MINUTE, 120 * MINUTE],
    begin: (world, rng) => {
      const machine = someObject(world, rng)?.machine;
      if (machine === undefined) return null;
      const ppm = rng.int(-500, 500);
      machine.clock.drift(world.now, ppm);
      return { says: `the clock of ${machine.name} drifts by ${ppm} ppm`, end: () => heal(machine.clock) };
    },
  },
  {
    kind: 'router-clock',
    often: 1,
    forMs: [10 * SECOND, 30 * MINUTE],
    begin: (world, rng) => {
      const machine = world.routers.get(rng.pick(world.scene.sites))?.boxes[0]?.machine;
      if (machine === undefined) return null;
      const byMs = rng.int(-2000, 2000) * DAY;
      machine.clock.step(world.now, byMs);
      return { says: `the clock of ${machine.name} steps by ${byMs / DAY} days`, end: () => heal(machine.clock) };
    },
  },
];

function heal(clock: NodeClock): void {
  clock.heal();
}

function agentGone(
  world: World,
  rng: Prng,
  what: string,
  meanwhile: (box: NonNullable<ReturnType<World['router']>['boxes'][number]>) => void,
): Begun | null {
  const router = world.routers.get(rng.pick(world.scene.sites));
  const box = router?.boxes[0];
  if (router === undefined || box === undefined) return null;
  const start = box.machine.halt();
  world.killAgent(router, 0);
  meanwhile(box);
  const end = (): void => {
    start();
    world.startAgent(router, 0);
  };
  return { says: `${router.site}: ${what}`, end };
}
