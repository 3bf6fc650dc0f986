import type { FleetEvent } from '../../../worker/engine/fleet.ts';
import { voteTtlMs } from '../../../worker/engine/fleet.ts';
import { probing } from '../../../worker/fleet-file/rules.ts';
import type { VantageRound } from '../../../worker/objects/contract.ts';
import { adopt, propose } from '../../../worker/objects/fleet-config.ts';
import type { FleetFacts } from '../../../worker/objects/fleet-facts.ts';
import { keyOfShard, shardsIn, vantageTarget } from '../../../worker/objects/fleet-shards.ts';
import { siteSnapshot, sitesOf, targetsOf, vantageSnapshot } from '../../../worker/objects/fleet-snapshots.ts';
import { FleetStore } from '../../../worker/objects/fleet-store.ts';
import { type FleetNews, fleetTurnDueMs, NO_NEWS, takeFleetTurn, withNewestEvidence } from '../../../worker/objects/fleet-turn.ts';
import type { Target } from '../../../worker/objects/outstanding.ts';
import { SecondOpinions } from '../../../worker/objects/second-opinions.ts';
import { memoryStorage } from '../storage.ts';
import type { World } from '../world.ts';
import { Alarm } from './alarm.ts';
import { Courier } from './courier.ts';
import { Machine } from './machine.ts';

const ALARM_SLACK_MS = 5;
const UNFLUSHED_MS = 2000;

interface Cause {
  facts?: FleetFacts;
  news?: FleetNews;
  targets?: Target[];
  work?: () => void;
}

/** The Fleet object: the wiring of worker/objects/fleet.ts on simulated time; turns, snapshots and rows are the real ones. */
export class FleetNode {
  readonly machine = new Machine('fleet');
  private readonly world: World;
  private readonly alarm: Alarm;
  private storage = memoryStorage();
  private store: FleetStore;
  private courier: Courier;
  private opinions = new SecondOpinions();
  facts: FleetFacts;

  constructor(world: World) {
    this.world = world;
    this.alarm = new Alarm(world, this.machine, () => this.onAlarm());
    this.store = new FleetStore(this.storage);
    this.facts = this.store.load(this.clock());
    this.courier = this.newCourier();
  }

  /** Memory is lost; rows and the alarm stay. */
  crash(): void {
    this.courier.stop();
    this.store = new FleetStore(this.storage);
    this.facts = this.store.load(this.clock());
    this.opinions = new SecondOpinions();
    this.courier = this.newCourier();
  }

  wipe(): void {
    this.alarm.clear();
    this.storage = memoryStorage();
    this.crash();
  }

  /** @throws when the fleet file is refused: the simulator makes only good ones */
  put(text: string): void {
    const before = this.facts.config;
    const options = { dryRun: false, ifMatch: null, note: 'simulated' };
    const proposal = propose(before, text, 'json', options, { nowMs: this.clock(), allowPrivate: true });
    const { answer } = proposal;
    if (!answer.ok) throw new Error(`the fleet file was refused: ${JSON.stringify(answer)}`);
    const config = 'adopt' in proposal ? proposal.adopt : null;
    if (config === null) return;
    const { facts, news } = adopt(this.facts, config, answer.value.diff.length, 'simulated');
    this.turn([], { facts, news, targets: targetsOf(before, config), work: () => this.store.versions.add(config, 'simulated') });
  }

  /** `untilMs` null: ends it. */
  setMaintenance(server: string, untilMs: number | null): void {
    if (untilMs === null) this.turn([{ type: 'maintenance-end', server }]);
    else if (untilMs > this.clock()) this.turn([{ type: 'maintenance', server, until: untilMs }]);
  }

  resign(server: string): void {
    const { facts } = this;
    const seenDown = facts.state.servers[server]?.health === 'down';
    this.turn([], {
      facts: { ...facts, revision: facts.revision + 1, resigned: { ...facts.resigned, [server]: { atMs: this.clock(), seenDown } } },
      targets: facts.config === null ? [] : sitesOf(facts.config, new Set([server])),
    });
  }

  votes(said: VantageRound): void {
    const { facts } = this;
    const round = { ...said, votes: withNewestEvidence(facts.state, said.vantage, said.votes) };
    const { config } = facts;
    const key = keyOfShard(round.vantage, round.shard);
    const shard = config === null ? undefined : shardsIn(config.fleet).find((known) => known.key === key);
    if (config === null || shard === undefined) return;
    const before = facts.heard[key];
    if (before !== undefined && round.t < before.round.t) return;
    const nowMs = this.clock();
    const heard = { ...facts.heard, [key]: { atMs: nowMs, round } };
    const { sighted, votes } = round;
    const targets: Target[] = round.revision < facts.configRevision ? [vantageTarget(shard)] : [];
    this.turn([{ type: 'votes', vantage: round.vantage, sighted, votes }], { facts: { ...facts, heard }, targets });
    for (const { server, shard: other } of this.opinions.wanted(config, this.facts.heard, round, nowMs)) {
      const asked = this.world.edge.vantage(other.key);
      this.world.edge.call(this.machine, asked.machine, () => asked.secondOpinion(server));
    }
  }

  watchdog(): void {
    this.turn([]);
    this.courier.flush();
    this.wakeSilent();
  }

  private onAlarm(): void {
    this.turn([]);
    this.courier.flush();
  }

  private turn(events: readonly FleetEvent[], cause: Cause = {}): void {
    const before = this.facts;
    const t = this.clock();
    const turn = takeFleetTurn(cause.facts ?? before, t, events);
    const { config, revision } = turn.facts;
    const targets = [...(cause.targets ?? []), ...(config === null ? [] : sitesOf(config, turn.changed))];
    this.store.save(turn.facts, () => {
      cause.work?.();
      this.store.history.tell(cause.news ?? NO_NEWS);
      this.store.history.tell(turn.news);
      this.store.outstanding.post(targets, revision);
    });
    this.facts = turn.facts;
    this.world.watch.fleetTurn({ t, before, after: turn.facts, events, news: turn.news });
    if (targets.length > 0) {
      this.arm(t + UNFLUSHED_MS);
      this.courier.flush();
    }
    this.arm(fleetTurnDueMs(this.facts));
  }

  private newCourier(): Courier {
    return new Courier(this.world, this.machine, this.store.outstanding, {
      revision: () => this.facts.revision,
      send: (target) => this.letter(target),
      retryAt: (ms) => this.arm(ms),
    });
  }

  /** Composes the newest snapshot now; the answer delivers it. */
  private letter({ kind, id, region }: Target): { to: Machine; deliver: () => void } {
    const { edge } = this.world;
    if (kind === 'site') {
      const site = edge.site(id);
      const snapshot = siteSnapshot(this.facts, id);
      return { to: site.machine, deliver: () => site.assume(snapshot) };
    }
    const vantage = edge.vantage(id);
    const snapshot = vantageSnapshot(this.facts, id, region);
    return { to: vantage.machine, deliver: () => vantage.assume(snapshot) };
  }

  private wakeSilent(): void {
    const { config, heard } = this.facts;
    if (config === null) return;
    const heardSinceMs = this.clock() - voteTtlMs(probing(config.fleet));
    for (const { key, region } of shardsIn(config.fleet)) {
      if ((heard[key]?.atMs ?? 0) >= heardSinceMs) continue;
      const vantage = this.world.edge.vantage(key);
      const snapshot = vantageSnapshot(this.facts, key, region);
      this.world.edge.call(this.machine, vantage.machine, () => {
        vantage.assume(snapshot);
        vantage.watchdog();
      });
    }
  }

  private arm(dueMs: number | null): void {
    if (dueMs === null || (this.alarm.atMs !== null && this.alarm.atMs <= dueMs + ALARM_SLACK_MS)) return;
    this.alarm.set(Math.max(dueMs, this.clock()) + ALARM_SLACK_MS);
  }

  private clock(): number {
    return this.machine.clock.read(this.world.now);
  }
}
