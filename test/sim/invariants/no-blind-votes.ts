import { voteTtlMs } from '../../../worker/engine/fleet.ts';
import { probing } from '../../../worker/fleet-file/rules.ts';
import { shardOfKey } from '../../../worker/objects/fleet-shards.ts';
import { MAX_SKEW_MS } from '../node-clock.ts';
import type { Invariant } from './invariant.ts';

interface Failure {
  t: number;
  /** Which object of the vantage saw it. */
  shard: string;
}

/** A row of the Fleet says of each vantage that it was heard, to a minute; a restart believes it for one more life of a vote. */
const RESTART_GRACE_MS = 60_000;

export const NO_BLIND_VOTES: Invariant = {
  name: 'no-blind-votes',
  holds:
    'A server is called down only while more sighted vantages have lately seen it fail than answer; what a blind vantage saw, a late observer, or anybody longer ago than a vote lives (and its grace over a restart) has no say.',
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
            for (const [key, seen] of failed) if (seen.shard === shard) failed.delete(key);
          }
          return;
        }
        const isLate = (event.ms ?? 0) > 2 * 2000;
        if (event.ok || isLate || blind.has(shard)) return;
        failed.set(`${shardOfKey(shard).vantage}/${event.server}`, { t: world.now, shard });
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
            return seen !== undefined && world.now - seen.t <= lifeMs;
          });
          const says = Object.entries(server.votes).filter(([, vote]) => vote.vote === 'down' && vote.sighted);
          if (accusers.length === 0)
            broken(
              null,
              `${id} is called down although no sighted vantage has seen it fail lately: ${JSON.stringify(server.votes)} at ${world.now}, ${JSON.stringify([...failed].filter(([key]) => key.endsWith(`/${id}`)))}`,
            );
          const hidden = says.filter(([vantage]) => !failed.has(`${vantage}/${id}`) && !isBlind(vantage));
          if (hidden.length === says.length && says.length > 0)
            broken(null, `${id} is called down by ${says.map(([vantage]) => vantage).join()}, none of which saw it fail`);
        }
      },
    };
  },
};
