import { stepVantage, type VantageEvent, type VantageState } from '../../../worker/engine/vantage.ts';
import type { VantageSnapshot } from '../../../worker/objects/contract.ts';
import { shardOfKey } from '../../../worker/objects/fleet-shards.ts';
import { afterPause, carryOver, nextRoundMs } from '../../../worker/objects/vantage-memory.ts';
import { gist, LastSeen, reportOf, suspectsOf, verdicts } from '../../../worker/objects/vantage-report.ts';
import { VantageStore } from '../../../worker/objects/vantage-store.ts';
import { memoryStorage } from '../storage.ts';
import type { World } from '../world.ts';
import { Alarm } from './alarm.ts';
import { Machine } from './machine.ts';
import { type Look, probeLooks } from './probing.ts';

const SOON_MS = 10;
const EARLY_MS = 10;

/** A vantage object: the wiring of worker/objects/vantage.ts on simulated time, its judge and its rows are the real ones. */
export class VantageNode {
  readonly machine: Machine;
  private readonly world: World;
  /** Of the shard, as the Fleet names it. */
  private readonly key: string;
  private readonly vantage: string;
  private readonly alarm: Alarm;
  private store = new VantageStore(memoryStorage());
  private seen = new LastSeen();
  private snapshot: VantageSnapshot | null = null;
  private told = '';
  private saved = '';
  private nextRegularMs = 0;
  private busyUntilMs = 0;
  private running = false;
  private waiting: (() => void)[] = [];
  /** Rises with every crash: what was under way in an earlier life never ends. */
  private life = 0;
  state: VantageState;

  constructor(world: World, key: string) {
    this.world = world;
    this.key = key;
    this.vantage = shardOfKey(key).vantage;
    this.machine = new Machine(`v/${this.vantage}`);
    this.alarm = new Alarm(world, this.machine, (dueMs) => this.onAlarm(dueMs));
    this.state = this.boot();
  }

  /** Everything in memory is lost; rows and the alarm stay. */
  crash(): void {
    this.life++;
    this.state = this.boot();
  }

  /** Rows are lost too. */
  wipe(): void {
    this.alarm.clear();
    this.store = new VantageStore(memoryStorage());
    this.crash();
  }

  assume(snapshot: VantageSnapshot): void {
    if (this.snapshot !== null && snapshot.revision <= this.snapshot.revision) return;
    this.state = carryOver(this.state, this.snapshot?.vantage ?? null, snapshot.vantage);
    this.snapshot = snapshot;
    this.seen.forget();
    this.store.saveOrders(snapshot, this.state);
    this.saved = verdicts(this.report());
    if (snapshot.vantage === null) {
      this.alarm.clear();
      return;
    }
    this.nextRegularMs = 0;
    this.arm(this.clock() + SOON_MS);
  }

  secondOpinion(server: string): void {
    if (!this.snapshot?.vantage?.servers.some(({ id }) => id === server)) return;
    this.enqueue(() => this.round(new Set([server]), true));
  }

  watchdog(): void {
    const orders = this.snapshot?.vantage ?? null;
    if (orders === null) return;
    const now = this.clock();
    if (this.alarm.atMs !== null && this.alarm.atMs > now - orders.rules.intervalMs) return;
    this.alarm.clear();
    this.nextRegularMs = 0;
    this.arm(now + SOON_MS);
  }

  private boot(): VantageState {
    this.snapshot = this.store.snapshot();
    this.state = afterPause(this.store.state());
    this.seen = new LastSeen();
    this.running = false;
    this.waiting = [];
    this.nextRegularMs = 0;
    this.busyUntilMs = 0;
    this.saved = verdicts(this.report());
    this.told = gist(this.report());
    return this.state;
  }

  private onAlarm(dueMs: number): void {
    const orders = this.snapshot?.vantage ?? null;
    if (orders === null) return;
    const now = this.clock();
    const isRegular = now >= this.nextRegularMs - EARLY_MS;
    if (isRegular) this.nextRegularMs = nextRoundMs(now + EARLY_MS, orders.rules.intervalMs, orders.phase);
    this.arm(this.nextRegularMs);
    if (now - Math.max(dueMs, this.busyUntilMs) > orders.rules.intervalMs / 2) this.state = afterPause(this.state);
    this.enqueue(() => this.round(isRegular ? null : new Set(this.suspects()), isRegular));
  }

  private enqueue(work: () => void): void {
    this.waiting.push(work);
    if (!this.running) this.next();
  }

  private next(): void {
    const work = this.waiting.shift();
    this.running = work !== undefined;
    work?.();
  }

  private round(servers: ReadonlySet<string> | null, tellAnyway: boolean): void {
    const { snapshot, life } = this;
    const orders = snapshot?.vantage ?? null;
    if (orders === null) {
      this.next();
      return;
    }
    const startedMs = this.clock();
    const wanted = orders.servers.filter(({ id }) => servers === null || servers.has(id));
    const looks = probeLooks(this.world, this.vantage, orders, wanted, this.state.blind);
    for (const { afterMs, witness, results } of looks.steps)
      this.world.after(afterMs, () => this.life === life && this.snapshot === snapshot && this.judge(witness, results, startedMs));
    this.world.after(looks.endMs, () => this.life === life && this.finish(snapshot, startedMs, tellAnyway));
  }

  private finish(snapshot: VantageSnapshot | null, startedMs: number, tellAnyway: boolean): void {
    const orders = snapshot?.vantage ?? null;
    this.busyUntilMs = this.clock();
    if (orders !== null && this.suspects().length > 0)
      this.arm(Math.max(startedMs + orders.rules.fastIntervalMs, this.busyUntilMs + SOON_MS));
    if (tellAnyway) this.tell();
    this.next();
  }

  private judge(witness: boolean | null, results: readonly Look[], startedMs: number): void {
    const rules = this.snapshot?.vantage?.rules;
    if (rules === undefined) return;
    const take = (event: VantageEvent): void => {
      this.state = stepVantage(this.state, rules, event);
      this.world.watch.evidence(this.key, event);
    };
    if (witness !== null) take({ type: 'witness', t: this.clock(), ok: witness });
    for (const { server, check, ok, reason, ms } of results) {
      this.seen.note({ server, check, t: startedMs + Math.round(ms), ok, ms });
      take({ type: 'probe', t: startedMs + Math.round(ms), server, check, ok, ms, ...(reason === undefined ? {} : { reason }) });
    }
    const report = this.report();
    const votes = verdicts(report);
    if (votes !== this.saved) {
      this.store.saveState(this.state);
      this.saved = votes;
    }
    if (gist(report) !== this.told) this.tell();
  }

  private tell(): void {
    if (this.snapshot?.vantage == null) return;
    const report = this.report();
    this.told = gist(report);
    this.world.edge.call(this.machine, this.world.edge.fleet.machine, () => this.world.edge.fleet.votes(report));
  }

  private report() {
    return reportOf(this.snapshot ?? { revision: 0, vantage: null }, this.state, this.seen, null, this.clock());
  }

  private suspects(): string[] {
    return this.snapshot === null ? [] : suspectsOf(this.snapshot, this.state);
  }

  private arm(atMs: number): void {
    if (this.alarm.atMs === null || this.alarm.atMs > atMs) this.alarm.set(atMs);
  }

  private clock(): number {
    return this.machine.clock.read(this.world.now);
  }
}
