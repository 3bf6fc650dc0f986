import type { VantageRound } from './contract.ts';
import type { Config, Heard } from './fleet-facts.ts';

/** Whom to ask about what: the other vantages, about every server that one suspects. A server is asked about once in a fast interval. */
export class SecondOpinions {
  private readonly askedMs = new Map<string, number>();

  wanted(
    config: Config,
    heard: Readonly<Record<string, Heard>>,
    round: VantageRound,
    nowMs: number,
  ): { server: string; id: string; region: string }[] {
    const questions: { server: string; id: string; region: string }[] = [];
    for (const server of round.suspects) {
      if (nowMs < (this.askedMs.get(server) ?? 0) + config.fleet.probing.fast_interval_ms) continue;
      // One that suspects it too is looking already, at the fast cadence.
      const others = config.fleet.vantage.filter(({ id }) => id !== round.vantage && !heard[id]?.round.suspects.includes(server));
      questions.push(...others.map(({ id, region }) => ({ server, id, region })));
      this.askedMs.set(server, nowMs);
    }
    return questions;
  }
}
