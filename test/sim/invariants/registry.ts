import { type Watch, watchAll } from '../watch.ts';
import { START_MS, type World } from '../world.ts';
import { BLAME_TABLE, NEVER_TO_WORSE } from './blame-table.ts';
import { BOUNDED_MEMORY } from './bounded-memory.ts';
import { DAMPING } from './damping.ts';
import { DEAD_PATH } from './dead-path.ts';
import { FLOWS_KEPT } from './flows-kept.ts';
import { Broken, type Context, type Invariant } from './invariant.ts';
import { LEASE } from './lease.ts';
import { MAINTENANCE } from './maintenance.ts';
import { NO_BLIND_VOTES } from './no-blind-votes.ts';
import { ONE_SPEAKER } from './one-speaker.ts';
import { ONE_STREAM } from './one-stream.ts';
import { Paths } from './paths.ts';
import { PINS } from './pins.ts';
import { STAGES } from './stages.ts';
import { TELLS_WHY } from './tells-why.ts';
import { WHOLE_WEIGHTS } from './whole-weights.ts';
import { WORKING_PATH } from './working-path.ts';

/** Everything that has to be true at every step. `convergence.ts` is what has to become true once everything is mended. */
export const INVARIANTS: readonly Invariant[] = [
  ONE_STREAM,
  WHOLE_WEIGHTS,
  DEAD_PATH,
  WORKING_PATH,
  BLAME_TABLE,
  NEVER_TO_WORSE,
  DAMPING,
  STAGES,
  PINS,
  MAINTENANCE,
  LEASE,
  FLOWS_KEPT,
  ONE_SPEAKER,
  NO_BLIND_VOTES,
  TELLS_WHY,
  BOUNDED_MEMORY,
];

/** Watches a world by these invariants, after `first` have seen what happened. */
export function watchInvariants(world: World, invariants: readonly Invariant[], first: readonly Partial<Watch>[] = []): Watch {
  const paths = new Paths(world);
  const watches = invariants.map((invariant) => {
    const context: Context = {
      world,
      paths,
      broken(site, what) {
        throw new Broken({ invariant: invariant.name, tMs: world.now - START_MS, site, what });
      },
    };
    return invariant.watch(context);
  });
  return watchAll([{ truthChanged: (key) => paths.truthChanged(key) }, ...first, ...watches]);
}
