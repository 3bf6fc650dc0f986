import { type Change, type Score, score } from './score.ts';
import type { System } from './system.ts';
import { VirtualTime } from './world/virtual-time.ts';
import type { World } from './world/world.ts';

/** Lets a system live through a world. The same every time. */
export function live(system: System, world: World): Change[] {
  const time = new VirtualTime();
  const changes: Change[] = [{ t: 0, a: 1, b: 0 }];
  system.start({
    world,
    time,
    carry(shares) {
      const last = changes.at(-1);
      if (last?.a !== shares.a || last.b !== shares.b) changes.push({ t: time.now(), ...shares });
    },
  });
  time.runUntil(world.endMs);
  return changes;
}

export function judge(system: System, world: World): Score {
  return score(world, live(system, world));
}
