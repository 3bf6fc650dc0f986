import type { SiteEvent, SiteRules } from '../../../worker/engine/types.ts';
import type { SiteSnapshot } from '../../../worker/objects/contract.ts';
import { rosterOf } from '../../../worker/objects/site-agent.ts';
import { judgeDueMs } from '../../../worker/objects/site-due.ts';
import { afterSilence, eventsOfReport, eventsOfSnapshot, withoutGonePaths } from '../../../worker/objects/site-evidence.ts';
import type { SiteFacts } from '../../../worker/objects/site-facts.ts';
import { type PollAnswer, SitePolls } from '../../../worker/objects/site-polls.ts';
import { SiteStore } from '../../../worker/objects/site-store.ts';
import { takeTurn } from '../../../worker/objects/site-turn.ts';
import type { Report } from '../../../worker/protocol/report.ts';
import { reportSchema } from '../../../worker/protocol/report.ts';
import { memoryStorage } from '../storage.ts';
import type { World } from '../world.ts';
import { Alarm } from './alarm.ts';
import { Machine } from './machine.ts';
import { asWebSocket, PollSocket, SocketRoom } from './socket.ts';

const ALARM_SLACK_MS = 5;

/** The Site object: the wiring of worker/objects/site.ts on simulated time; its turns, polls and rows are the real ones. */
export class SiteNode {
  readonly id: string;
  readonly machine: Machine;
  private readonly world: World;
  private readonly alarm: Alarm;
  private storage = memoryStorage();
  private store: SiteStore;
  private room = new SocketRoom();
  private polls: SitePolls;
  facts: SiteFacts;

  constructor(world: World, id: string) {
    this.world = world;
    this.id = id;
    this.machine = new Machine(`s/${id}`);
    this.alarm = new Alarm(world, this.machine, () => this.turn(this.clock(), []));
    this.store = new SiteStore(this.storage);
    this.facts = this.store.load();
    this.polls = new SitePolls(this.room.asContext());
  }

  /** The platform puts the object to sleep: memory goes, sockets and rows stay. It wakes at once. */
  evict(): void {
    this.store = new SiteStore(this.storage);
    this.facts = this.store.load();
    this.polls = new SitePolls(this.room.asContext());
    this.world.watch.siteWoke(this.id);
    this.recall();
  }

  /** Memory and sockets are lost; rows and the alarm stay. */
  crash(): void {
    for (const socket of this.room.sockets) socket.close();
    this.room = new SocketRoom();
    this.world.watch.siteCrashed(this.id);
    this.evict();
  }

  wipe(): void {
    this.alarm.clear();
    this.storage = memoryStorage();
    this.crash();
  }

  assume(snapshot: SiteSnapshot): void {
    const { facts } = this;
    if (snapshot.revision <= (facts.snapshot?.revision ?? -1)) return;
    const { events, resigned } = eventsOfSnapshot(snapshot, facts);
    facts.snapshot = snapshot;
    facts.resigned = resigned;
    if (snapshot.site !== null) this.turn(this.clock(), events);
    else this.store.save(facts, { entries: [], incidents: [] });
  }

  /** A control of people; false: refused, or the site is not set up. */
  control(event: SiteEvent): boolean {
    if (this.rules() === null) return false;
    const effects = this.turn(this.clock(), [event]);
    return !effects.some((effect) => effect.type === 'hold' && (effect.blame === 'pin' || effect.blame === 'drill'));
  }

  /** Opens a poll's socket and hears its report, as the Worker does it; null: the site is not set up. */
  open(raw: unknown, onAnswer: (answer: PollAnswer) => void): PollSocket | null {
    if (this.facts.snapshot?.site == null) return null;
    const socket = new PollSocket(onAnswer);
    this.polls.accept(asWebSocket(socket), 'token');
    this.hear(socket, reportSchema.parse(raw));
    return socket;
  }

  /** The Worker closed the socket. */
  left(socket: PollSocket): void {
    if (!this.room.sockets.includes(socket)) return;
    const last = this.polls.leave(asWebSocket(socket));
    socket.close();
    if (!last) return;
    this.facts.agent = { ...this.facts.agent, leftMs: this.clock() };
    this.store.save(this.facts, { entries: [], incidents: [] }, true);
    this.arm();
  }

  rules(): SiteRules | null {
    return this.facts.snapshot?.site?.rules ?? null;
  }

  private hear(socket: PollSocket, report: Report): void {
    const { polls, facts } = this;
    const now = this.clock();
    const hearing = polls.hear(asWebSocket(socket), report, now, rosterOf(facts, this.rules()?.leaseMs ?? 0));
    if (hearing === 'fenced') polls.refuse(asWebSocket(socket), { status: 409, detail: 'another agent, started later, runs this site' });
    if (hearing === 'stale') polls.refuse(asWebSocket(socket), { status: 204 });
    if (hearing !== 'heard') return;
    this.world.watch.siteHeard(this.id, report, now);
    this.turn(now, eventsOfReport(report, facts), report);
    const { directive } = facts;
    if (directive !== null && directive.epoch > report.applied) polls.answer(asWebSocket(socket), { status: 200, directive });
  }

  private turn(t: number, events: readonly SiteEvent[], report?: Report) {
    const rules = this.rules();
    if (rules === null) return [];
    const { facts } = this;
    const before = { state: facts.state, directive: facts.directive };
    if (report !== undefined) facts.state = withoutGonePaths(facts.state, report);
    const turn = takeTurn(facts, rules, { t, events, ...(report === undefined ? {} : { report }) });
    this.store.save(turn.facts, turn.news);
    Object.assign(facts, turn.facts);
    this.world.watch.siteTurn({ site: this.id, rules, t, before: before.state, after: facts.state, facts, events, effects: turn.effects });
    if (facts.directive !== null && facts.directive !== before.directive) this.polls.direct(facts.directive, 0);
    this.arm();
    return turn.effects;
  }

  private recall(): void {
    const rules = this.rules();
    const { facts } = this;
    const { heard } = this.polls;
    if (rules === null) return;
    if (heard === null) {
      facts.state = afterSilence(facts, rules, this.clock());
      this.arm();
    } else if (heard.atMs > (facts.state?.heardMs ?? 0)) this.turn(heard.atMs, eventsOfReport(heard.report, facts), heard.report);
    // The judge has heard it, and was saved later: told again it would count from then, and shorten a hold-down that began since.
    else facts.agent = { ...facts.agent, seq: heard.report.seq };
  }

  private arm(): void {
    const { state } = this.facts;
    const rules = this.rules();
    const dueMs = state === null || rules === null ? null : judgeDueMs(state, rules, this.polls.isHeld, this.clock());
    if (dueMs === null || (this.alarm.atMs !== null && this.alarm.atMs <= dueMs + ALARM_SLACK_MS)) return;
    this.alarm.set(Math.max(dueMs, this.clock()) + ALARM_SLACK_MS);
  }

  private clock(): number {
    return this.machine.clock.read(this.world.now);
  }
}
