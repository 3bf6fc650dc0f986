import type { World } from '../world.ts';

export interface PathTruth {
  alive: boolean;
  /** Since when it is as it is. */
  since: number;
  /** When it was last dead; null: never. While it is dead: now. */
  diedAt: number | null;
}

/** Before anything broke. */
const UNTOUCHED: PathTruth = { alive: true, since: 0, diedAt: null };

/** Remembers of every tunnel of every site since when it really is alive or dead. */
export class Paths {
  private readonly world: World;
  private readonly known = new Map<string, PathTruth>();

  constructor(world: World) {
    this.world = world;
  }

  truthChanged(key: string): void {
    for (const { router, servers } of this.world.pathsBehind(key)) for (const server of servers) this.update(router.site, server);
  }

  of(site: string, server: string): PathTruth {
    return this.known.get(`${site}/${server}`) ?? UNTOUCHED;
  }

  /** Whether it was dead at any time in the last `ms`. */
  wasDead(site: string, server: string, ms: number): boolean {
    const { alive, diedAt, since } = this.of(site, server);
    return !alive || (diedAt !== null && since > this.world.now - ms);
  }

  private update(site: string, server: string): void {
    const before = this.of(site, server);
    const alive = this.world.truth.reaches(site, server);
    if (alive === before.alive) return;
    const { now } = this.world;
    this.known.set(`${site}/${server}`, { alive, since: now, diedAt: alive ? before.diedAt : now });
  }
}
