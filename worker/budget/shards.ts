import { checkSpecs, probing } from '../fleet-file/rules.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import { MAX_CONNECTIONS } from '../probes/pool.ts';

/** Of an interval, what a round may spend on waiting for probes: the rest is for telling the Fleet, and for an alarm that is a little late. */
const FOR_PROBES = 0.9;

/**
 * How many checks one object can look at so that a round in which everything times out, the witnesses too, still ends inside the interval: six at a
 * time, and the witnesses are asked once. At least one wave of six, whatever the timeout.
 */
export function checksPerShard(fleet: Fleet): number {
  const { intervalMs, timeoutMs } = probing(fleet);
  const waves = Math.floor((intervalMs * FOR_PROBES) / timeoutMs);
  const witnesses = Math.max(0, ...fleet.vantage.map((vantage) => vantage.witnesses.length));
  return Math.max(MAX_CONNECTIONS, waves * MAX_CONNECTIONS - witnesses);
}

/**
 * The servers that each object of a vantage looks at, the same for every vantage. A server's checks stay together: its vote is one. In the order of the
 * file, so that a server added at its end moves no other.
 */
export function shardsOf(fleet: Fleet): string[][] {
  const room = checksPerShard(fleet);
  const shards: string[][] = [[]];
  let used = 0;
  for (const server of fleet.server) {
    const checks = checkSpecs(server).length;
    if (used > 0 && used + checks > room) {
      shards.push([]);
      used = 0;
    }
    shards.at(-1)?.push(server.id);
    used += checks;
  }
  return shards;
}
