import type { VantageRound } from './contract.ts';
import type { Config, Heard } from './fleet-facts.ts';
import { type Shard, shardsIn } from './fleet-shards.ts';

/** Whom to ask about what: the other vantages, about every server that one suspects. A server is asked about once in a fast interval. */
export class SecondOpinions {
  private readonly askedMs = new Map<string, number>();

  wanted(config: Config, heard: Readonly<Record<string, Heard>>, round: VantageRound, nowMs: number): { server: string; shard: Shard }[] {
    const questions: { server: string; shard: Shard }[] = [];
    for (const server of round.suspects) {
      if (nowMs < (this.askedMs.get(server) ?? 0) + config.fleet.probing.fast_interval_ms) continue;
      // One that suspects it too is looking already, at the fast cadence.
      const others = shardsIn(config.fleet).filter(
        ({ vantage, key, servers }) =>
          vantage !== round.vantage && servers.includes(server) && !heard[key]?.round.suspects.includes(server),
      );
      questions.push(...others.map((shard) => ({ server, shard })));
      this.askedMs.set(server, nowMs);
    }
    return questions;
  }
}
