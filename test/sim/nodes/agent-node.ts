import { backoffMs, slowRetryMs } from '../../../router-agent/backoff.ts';
import { judgeDirective } from '../../../router-agent/directive.ts';
import { type Carry, decideLife, mostOf, sameCarry } from '../../../router-agent/life.ts';
import { type AgentState, emptyState, stateSchema } from '../../../router-agent/state-schema.ts';
import type { PollAnswer } from '../../../worker/objects/site-polls.ts';
import type { Mode, Weights } from '../../../worker/protocol/health.ts';
import type { Report } from '../../../worker/protocol/report.ts';
import type { Ticket } from '../queue.ts';
import type { World } from '../world.ts';
import { Detector } from './detector.ts';
import type { Machine } from './machine.ts';

const POLL_TIMEOUT_MS = 65_000;
const REPOLL_JITTER_MS = 250;
const SHORT_HOLD_MS = 1000;
const FIRST_EVIDENCE_MS = 2500;
const SEQ_BLOCK = 64;
/** Wall-clock settings of a router without a battery are anything: its steps are far beyond `MAX_SKEW_MS`. */
export const ROUTER_SKEW_MS = 10 * 365 * 86_400_000;

/** A router's box: what outlives its agent. */
export interface Box {
  site: string;
  machine: Machine;
  /** In the order of the agent's file. */
  servers: readonly string[];
  /** The state file. */
  disk: AgentState | null;
  /** What the kernel does with traffic; null: nothing is steered (after a reboot). */
  kernel: Carry | null;
  /** Users' traffic runs through this box; a second agent's box has none. */
  main: boolean;
}

/**
 * One life of a router's agent, from start to death: agent.ts, client.ts and keeper.ts on simulated time, with the real judgements (`judgeDirective`,
 * `decideLife`).
 */
export class AgentNode {
  readonly box: Box;
  readonly instance: string;
  readonly startedAt: number;
  readonly alive: Record<string, boolean | null>;
  private readonly world: World;
  private readonly detector: Detector;
  private state: AgentState;
  private seq: number;
  private adopted: { weights: Weights; mode: Mode } | null = null;
  private applied: Carry | null = null;
  private appliedEpoch = 0;
  private running = true;
  private failures = 0;
  private polling = false;
  private pollId = 0;
  private timer: Ticket | null = null;

  constructor(world: World, box: Box, instance: string) {
    this.world = world;
    this.box = box;
    this.instance = instance;
    this.startedAt = world.now;
    this.alive = Object.fromEntries(box.servers.map((server) => [server, null]));
    this.state = box.disk === null ? emptyState(box.site, box.machine.clock.read(world.now)) : stateSchema.parse(box.disk);
    this.seq = this.state.seqCeiling;
    if (box.kernel !== null) {
      this.adopted = { weights: box.kernel.weights, mode: 'drain' };
      for (const server of box.kernel.dead) this.alive[server] = false;
    }
    this.detector = new Detector(world, box.site, box.servers, (server, lives) => this.pathChanged(server, lives));
    this.settle('start');
    world.after(FIRST_EVIDENCE_MS, () => this.beginPolling());
  }

  get isRunning(): boolean {
    return this.running;
  }

  get carry(): Carry | null {
    return this.applied;
  }

  get epoch(): number {
    return this.state.epoch;
  }

  get latched(): readonly string[] {
    return Object.keys(this.state.latches);
  }

  /** `kill -9`: the state file and the kernel stay as they are. */
  kill(): void {
    this.running = false;
    this.detector.stop();
    if (this.timer !== null) this.timer.off = true;
  }

  /** Something about the paths to these servers has changed in the world. */
  look(servers: readonly string[]): void {
    if (this.running) this.detector.look(servers);
  }

  private pathChanged(server: string, lives: boolean): void {
    if (!this.running) return;
    const was = this.alive[server];
    this.alive[server] = lives;
    this.settle('life');
    if (was !== lives) this.nudge();
    if (this.box.servers.every((one) => this.alive[one] !== null)) this.beginPolling();
  }

  private take(answer: unknown): boolean {
    const before = this.state;
    const verdict = judgeDirective(before, answer, this.box.servers);
    this.world.watch.judged({ agent: this, before, answer, verdict });
    if (verdict.kind === 'refused') return false;
    if (verdict.kind === 'accepted' || verdict.released.length > 0) this.put(verdict.state);
    this.settle(verdict.kind === 'accepted' ? 'directive' : 'release');
    return true;
  }

  private settle(cause: 'start' | 'life' | 'directive' | 'release'): void {
    const { servers } = this.box;
    const { latches, epoch, directive } = this.state;
    const wanted = directive === null ? this.adopted : { weights: directive.weights, mode: directive.mode };
    const before = this.applied;
    const decision = decideLife({ servers, wanted, alive: this.alive, latched: new Set(Object.keys(latches)) }, before);
    if (decision.latch.length > 0 || decision.release.length > 0) {
      const kept = Object.entries(latches).filter(([server]) => !decision.release.includes(server));
      const added = decision.latch.map((server): [string, number] => [server, this.seq + 1]);
      this.put({ ...this.state, latches: Object.fromEntries([...kept, ...added]) });
    }
    if (before === null || !sameCarry(before, decision.carry)) {
      this.applied = decision.carry;
      this.box.kernel = decision.carry;
    }
    this.appliedEpoch = Math.max(this.appliedEpoch, epoch);
    this.world.watch.settled({
      agent: this,
      cause,
      before,
      carry: this.applied ?? decision.carry,
      decision,
      latched: Object.keys(latches),
    });
  }

  private put(state: AgentState): void {
    this.state = state;
    this.box.disk = state;
  }

  private report(): Report {
    const carrying = this.applied === null ? null : mostOf(this.box.servers, this.applied.weights);
    const latched = Object.keys(this.state.latches);
    this.seq += 1;
    if (this.seq >= this.state.seqCeiling) this.put({ ...this.state, seqCeiling: this.seq + SEQ_BLOCK });
    return {
      site: this.box.site,
      instance: this.instance,
      version: 'simulated',
      seq: this.seq,
      applied: this.appliedEpoch,
      paths: this.box.servers.flatMap((server) => this.pathReports(server)),
      ...(carrying === null ? {} : { carrying }),
      ...(latched.length === 0 ? {} : { latched }),
    };
  }

  /** With one WAN as agents without WAN probes say it; with more, each WAN's own path, of which one lives when the tunnel does. */
  private pathReports(server: string): Report['paths'] {
    const { wans } = this.world.scene;
    const brown = this.world.truth.is(`brown/${this.box.site}/${server}`);
    const reading = brown ? { rttMs: 450, loss: 0.25 } : { rttMs: 40, loss: 0 };
    const alive = this.alive[server] === true;
    if (wans.length === 1) return [{ server, alive, ...reading }];
    const lone = alive && !wans.some((wan) => this.detector.told(server, wan) === true);
    return wans.map((wan, i) => ({
      server,
      wan,
      alive: alive && (this.detector.told(server, wan) === true || (lone && i === 0)),
      ...reading,
    }));
  }

  private beginPolling(): void {
    if (!this.running || this.polling) return;
    this.polling = true;
    this.poll();
  }

  private nudge(): void {
    if (this.polling) this.later(1, () => this.poll());
  }

  private poll(): void {
    const id = ++this.pollId;
    const sentAt = this.world.now;
    this.later(POLL_TIMEOUT_MS, () => this.failed(null));
    this.world.edge.poll(this.box.machine, this.box.site, this.report(), (answer) => {
      if (this.running && id === this.pollId) this.digest(answer, this.world.now - sentAt);
    });
  }

  private digest(answer: PollAnswer | { status: 503 }, tookMs: number): void {
    this.pollId++;
    const { noise } = this.world;
    if (answer.status === 204) {
      this.failures = tookMs < SHORT_HOLD_MS ? this.failures + 1 : 0;
      const waitMs = this.failures > 1 ? backoffMs(this.failures, noise.next()) : REPOLL_JITTER_MS * noise.next();
      this.again(waitMs);
      return;
    }
    if (answer.status !== 200) {
      this.failed(answer.status === 503 ? 1000 : slowRetryMs(noise.next()));
      return;
    }
    const taken = this.take(answer.directive);
    this.failures = taken ? 0 : this.failures + 1;
    this.again(taken ? REPOLL_JITTER_MS * noise.next() : backoffMs(this.failures + 2, noise.next()));
  }

  private failed(waitMs: number | null): void {
    this.failures += 1;
    this.again(waitMs ?? backoffMs(this.failures, this.world.noise.next()));
  }

  private again(waitMs: number): void {
    this.later(Math.ceil(waitMs) + 1, () => this.poll());
  }

  /** The agent waits for one thing at a time: the newest replaces what it waited for. */
  private later(ms: number, run: () => void): void {
    if (this.timer !== null) this.timer.off = true;
    this.timer = this.world.after(ms, () => this.running && run());
  }
}
