import { judgeDirective } from '../../../../router-agent/directive.ts';
import { type Carry, decideLife, sameCarry } from '../../../../router-agent/life.ts';
import { type AgentState, emptyState } from '../../../../router-agent/state-schema.ts';
import type { Directive } from '../../../../worker/protocol/directive.ts';
import type { Report } from '../../../../worker/protocol/report.ts';
import type { Place } from '../system.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import { SITE } from './fleet.ts';
import { type Heartbeats, startHeartbeats } from './heartbeats.ts';
import { Traffic } from './traffic.ts';

/** To the edge and back; a poll's hold; a new try when the edge is not reached. */
const ONE_WAY_MS = 25;
const HOLD_MS = 50_000;
const RETRY_MS = 1000;
const FIRST_POLL_MS = 2500;

/** The router's agent: the real judgements (`decideLife`, `judgeDirective`) on what the real heartbeats say; polls and the data plane take time only. */
export class Agent {
  private readonly place: Place;
  private readonly traffic: Traffic;
  private readonly heartbeats: Heartbeats;
  private readonly ask: (report: Report) => Directive | null;
  private readonly alive: Record<Server, boolean | null> = { a: null, b: null };
  private state: AgentState;
  private seq: number;
  private carry: Carry | null = null;
  private cancelPoll = (): void => undefined;

  constructor(place: Place, ask: (report: Report) => Directive | null) {
    const { world, time } = place;
    this.place = place;
    this.ask = ask;
    this.state = emptyState(SITE, time.wall());
    this.seq = this.state.seqCeiling;
    this.traffic = new Traffic(world, time);
    this.heartbeats = startHeartbeats(
      place,
      this.traffic,
      (server, lives) => this.pathChanged(server, lives),
      (server) => this.carriesAlone(server),
    );
    this.pollIn(FIRST_POLL_MS);
  }

  /** A directive that came down a held poll. */
  pushed(directive: Directive): void {
    this.place.time.after(ONE_WAY_MS, () => {
      if (this.place.world.reachesEdge(this.place.time.now())) this.take(directive);
    });
  }

  private carriesAlone(server: Server): boolean {
    return (this.carry?.weights[server] ?? 0) > 0 && SERVERS.every((other) => this.heartbeats.stateOf(other).alive === false);
  }

  private pathChanged(server: Server, lives: boolean): void {
    const news = this.alive[server] !== lives;
    this.alive[server] = lives;
    // As agent.ts: in the next turn, so that of paths that are condemned together nobody decides on half.
    this.place.time.after(0, () => {
      this.settle();
      if (news) this.pollIn(1);
    });
  }

  private take(directive: Directive): void {
    const verdict = judgeDirective(this.state, directive, SERVERS);
    if (verdict.kind === 'refused') return;
    this.state = verdict.state;
    this.settle();
    if (verdict.kind === 'accepted') this.pollIn(1);
  }

  private settle(): void {
    const { directive, latches } = this.state;
    const wanted = directive === null ? null : { weights: directive.weights, mode: directive.mode };
    const decision = decideLife({ servers: SERVERS, wanted, alive: this.alive, latched: new Set(Object.keys(latches)) }, this.carry);
    const kept = Object.entries(latches).filter(([server]) => !decision.release.includes(server));
    const added = decision.latch.map((server): [string, number] => [server, this.seq + 1]);
    this.state = { ...this.state, latches: Object.fromEntries([...kept, ...added]) };
    if (this.carry !== null && sameCarry(this.carry, decision.carry)) return;
    this.carry = decision.carry;
    const { weights } = decision.carry;
    const [a, b] = [(weights.a ?? 0) / 100, (weights.b ?? 0) / 100];
    // Before the first directive nothing is steered, and the main table has the first server.
    const shares = a + b === 0 ? { a: 1, b: 0 } : { a, b };
    this.traffic.share(shares);
    this.place.carry(shares);
  }

  private report(): Report {
    this.seq += 1;
    const paths = SERVERS.map((server) => {
      const { rttMs, loss } = this.heartbeats.stateOf(server);
      return { server, alive: this.alive[server] === true, rttMs, loss };
    });
    const latched = Object.keys(this.state.latches);
    const { epoch: applied } = this.state;
    return {
      site: SITE,
      instance: 'compared',
      version: 'compared',
      seq: this.seq,
      applied,
      paths,
      ...(latched.length === 0 ? {} : { latched }),
    };
  }

  private pollIn(ms: number): void {
    this.cancelPoll();
    this.cancelPoll = this.place.time.after(ms, () => this.poll());
  }

  private poll(): void {
    const { world, time } = this.place;
    if (!world.reachesEdge(time.now())) {
      this.pollIn(RETRY_MS);
      return;
    }
    const report = this.report();
    this.pollIn(HOLD_MS);
    time.after(ONE_WAY_MS, () => {
      const directive = this.ask(report);
      if (directive !== null) this.pushed(directive);
    });
  }
}
