import { voteTtlMs } from '../../../worker/engine/fleet.ts';
import { probing } from '../../../worker/fleet-file/rules.ts';
import type { FleetFacts } from '../../../worker/objects/fleet-facts.ts';
import { shardOfKey } from '../../../worker/objects/fleet-shards.ts';
import { MAX_SKEW_MS } from '../node-clock.ts';
import type { Invariant } from './invariant.ts';

interface Failure {
  t: number;
  /** Which object of the vantage saw it. */
  shard: string;
  /** When that object found itself blind, on its own clock; null: it did not since. */
  voidMs: number | null;
}

/** A row of the Fleet says of each vantage that it was heard, to a minute; a restart believes it for one more life of a vote. */
const RESTART_GRACE_MS = 60_000;

/** What was seen counts until the Fleet has heard, in a report from then or later, that its observer was blind: no earlier can it know. */
function counts(seen: Failure | undefined, { heard }: FleetFacts): seen is Failure {
  if (seen === undefined || seen.voidMs === null) return seen !== undefined;
  const last = heard[seen.shard];
  return last === undefined || last.round.t < seen.voidMs;
}

export const NO_BLIND_VOTES: Invariant = {
  name: 'no-blind-votes',
  holds:
    'A server is called down only while more sighted vantages have lately seen it fail than answer; what a vantage saw that has told of its blindness, a late observer, or anybody longer ago than a vote lives (and its grace over a restart) has no say.',
  watch({ world, broken }) {
    /** By vantage and server: the last failure that a sighted object of the vantage saw, and that counts. */
    const failed = new Map<string, Failure>();
    /** Shards whose witnesses failed. */
    const blind = new Set<string>();
    const isBlind = (vantage: string): boolean => [...blind].some((shard) => shardOfKey(shard).vantage === vantage);
    return {
      evidence(shard, event) {
        if (event.type === 'witness') {
          if (event.ok) blind.delete(shard);
          else {
            blind.add(shard);
            for (const seen of failed.values()) if (seen.shard === shard) seen.voidMs ??= event.t;
          }
          return;
        }
        const isLate = (event.ms ?? 0) > 2 * 2000;
        if (event.ok || isLate || blind.has(shard)) return;
        failed.set(`${shardOfKey(shard).vantage}/${event.server}`, { t: world.now, shard, voidMs: null });
      },
      fleetTurn({ before, after }) {
        const { config } = after;
        if (config === null) return;
        const lifeMs = voteTtlMs(probing(config.fleet)) * 2 + RESTART_GRACE_MS + 2 * MAX_SKEW_MS;
        for (const [id, server] of Object.entries(after.state.servers)) {
          const was = before.state.servers[id]?.verdict;
          if (server.verdict !== 'down' || was === 'down') continue;
          const accusers = config.fleet.vantage.filter(({ id: vantage }) => {
            const seen = failed.get(`${vantage}/${id}`);
            return counts(seen, after) && world.now - seen.t <= lifeMs;
          });
          const says = Object.entries(server.votes).filter(([, vote]) => vote.vote === 'down' && vote.sighted);
          if (accusers.length === 0)
            broken(
              null,
              `${id} is called down although no sighted vantage has seen it fail lately: ${JSON.stringify(server.votes)} at ${world.now}, ${JSON.stringify([...failed].filter(([key]) => key.endsWith(`/${id}`)))}`,
            );
          const hidden = says.filter(([vantage]) => !counts(failed.get(`${vantage}/${id}`), after) && !isBlind(vantage));
          if (hidden.length === says.length && says.length > 0)
            broken(null, `${id} is called down by ${says.map(([vantage]) => vantage).join()}, none of which saw it fail`);
        }
      },
    };
  },
};
