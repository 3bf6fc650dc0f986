import { shardsOf } from '../budget/shards.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import type { Heard } from './fleet-facts.ts';
import type { Target } from './outstanding.ts';

/** One object of a vantage, and the servers that it looks at. */
export interface Shard {
  /** What the Fleet knows it by: the vantage's id, and of all shards but the first the number: `weur`, `weur/1`. */
  key: string;
  vantage: string;
  region: string;
  shard: number;
  servers: readonly string[];
  /** When in the interval its rounds start, 0 ≤ phase < 1: vantages are staggered, and the shards of one share its part. */
  phase: number;
}

const known = new WeakMap<Fleet, Shard[]>();

/** Every object that probes for this fleet, vantage by vantage. */
export function shardsIn(fleet: Fleet): readonly Shard[] {
  const shards = known.get(fleet) ?? listShards(fleet);
  known.set(fleet, shards);
  return shards;
}

function listShards(fleet: Fleet): Shard[] {
  const servers = shardsOf(fleet);
  return fleet.vantage.flatMap(({ id, region }, place) =>
    servers.map((own, shard) => {
      const phase = (place + shard / servers.length) / fleet.vantage.length;
      return { key: keyOfShard(id, shard), vantage: id, region, shard, servers: own, phase };
    }),
  );
}

export function keyOfShard(vantage: string, shard = 0): string {
  return shard === 0 ? vantage : `${vantage}/${shard}`;
}

export function vantageTarget({ key, region }: Pick<Shard, 'key' | 'region'>): Target {
  return { kind: 'vantage', id: key, region };
}

/** The vantage and the number of a shard's key. */
export function shardOfKey(key: string): { vantage: string; shard: number } {
  const [vantage = '', shard = '0'] = key.split('/');
  return { vantage, shard: Number(shard) };
}

/** The last rounds under another configuration: of shards that are no longer there nothing, of the others what they say of their own servers. */
export function heardUnder(fleet: Fleet, heard: Readonly<Record<string, Heard>>): Record<string, Heard> {
  const kept: Record<string, Heard> = {};
  for (const { key, servers } of shardsIn(fleet)) {
    const last = heard[key];
    if (last === undefined) continue;
    const votes = Object.fromEntries(Object.entries(last.round.votes).filter(([server]) => servers.includes(server)));
    kept[key] = { ...last, round: { ...last.round, votes } };
  }
  return kept;
}
