import type { Vote } from '../../../../worker/engine/types.ts';
import { emptyVantage, isSuspect, stepVantage, type VantageEvent, type VantageState, votesOf } from '../../../../worker/engine/vantage.ts';
import { nextRoundMs } from '../../../../worker/objects/vantage-memory.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import type { VirtualTime } from '../world/virtual-time.ts';
import type { World } from '../world/world.ts';
import type { FleetRules } from './fleet.ts';

/** What a probe, or a question to a witness, takes when it is answered. */
const ANSWER_MS = 80;
const SOON_MS = 10;

export interface Told {
  vantage: string;
  sighted: boolean;
  votes: Record<string, Vote>;
  suspects: Server[];
}

/** A vantage: the real judge (`stepVantage`) at the real cadence of worker/objects/vantage.ts and vantage-round.ts, on virtual time. */
export class VantageNode {
  readonly id: string;
  private readonly world: World;
  private readonly time: VirtualTime;
  private readonly rules: FleetRules;
  private readonly tell: (told: Told) => void;
  private state: VantageState = emptyVantage();
  private busyUntil = 0;

  constructor(id: string, phase: number, place: { world: World; time: VirtualTime }, rules: FleetRules, tell: (told: Told) => void) {
    this.id = id;
    this.world = place.world;
    this.time = place.time;
    this.rules = rules;
    this.tell = tell;
    const regular = (): void => {
      const { time } = this;
      time.after(nextRoundMs(Math.ceil(time.now()) + SOON_MS, rules.probing.intervalMs, phase) - time.now(), regular);
      this.round(SERVERS);
    };
    this.time.after(phase * rules.probing.intervalMs, regular);
  }

  /** Probes these servers, after what it is at already. */
  round(servers: readonly Server[]): void {
    const startMs = Math.max(this.time.now(), this.busyUntil);
    this.busyUntil = startMs + this.tookMs(servers, startMs);
    this.time.after(startMs - this.time.now(), () => this.look(servers));
  }

  /** A failure waits for its timeout, and for the witnesses; a blind vantage asks them first, and nothing else while they fail. */
  private tookMs(servers: readonly Server[], t: number): number {
    const { timeoutMs } = this.rules.probing;
    const witnessMs = this.world.sees(this.id, t) ? ANSWER_MS : timeoutMs;
    if (this.state.blind) return witnessMs + (this.world.sees(this.id, t) ? ANSWER_MS : 0);
    return servers.every((server) => this.world.answersOutside(this.id, server, t)) ? ANSWER_MS : timeoutMs + witnessMs;
  }

  private look(servers: readonly Server[]): void {
    const startMs = this.time.now();
    const answers = servers.map((server) => ({ server, ok: this.world.answersOutside(this.id, server, startMs) }));
    const sees = this.world.sees(this.id, startMs);
    const doneMs = this.tookMs(servers, startMs);
    this.time.after(doneMs, () => {
      const t = Math.floor(this.time.now());
      if (this.state.blind || answers.some(({ ok }) => !ok)) this.hear({ type: 'witness', t, ok: sees });
      for (const { server, ok } of answers) {
        const outcome = ok ? { ms: ANSWER_MS } : { reason: 'timeout', ms: this.rules.probing.timeoutMs };
        this.hear({ type: 'probe', t, server, check: 0, ok, ...outcome });
      }
      this.report();
      const suspects = this.suspects();
      const { fastIntervalMs } = this.rules.probing;
      if (suspects.length > 0) this.time.after(Math.max(startMs + fastIntervalMs - this.time.now(), SOON_MS), () => this.round(suspects));
    });
  }

  private hear(event: VantageEvent): void {
    this.state = stepVantage(this.state, this.rules.probing, event);
  }

  private suspects(): Server[] {
    return SERVERS.filter((server) => isSuspect(this.state, server));
  }

  private report(): void {
    this.tell({ vantage: this.id, sighted: !this.state.blind, votes: votesOf(this.state, this.rules.checks), suspects: this.suspects() });
  }
}
