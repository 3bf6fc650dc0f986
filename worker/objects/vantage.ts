import { DurableObject } from 'cloudflare:workers';
import { stepVantage, type VantageEvent, type VantageState } from '../engine/vantage.ts';
import { type Env, fleetOf } from '../env.ts';
import { HungConnects } from '../probes/hung.ts';
import { askColo } from './colo.ts';
import type { VantageRound, VantageRpc, VantageSnapshot } from './contract.ts';
import { inTime } from './in-time.ts';
import { Odometer } from './odometer.ts';
import { Reporter } from './reporter.ts';
import { afterPause, carryOver, nextRoundMs } from './vantage-memory.ts';
import { gist, LastSeen, reportOf, suspectsOf, verdicts } from './vantage-report.ts';
import { probeRound, type Seen } from './vantage-round.ts';
import { type Place, VantageStore } from './vantage-store.ts';

/** An alarm for this very instant breaks the chain of alarms: the next is always a little later. */
const SOON_MS = 10;
/** A tick may be this much early and still be the one that was due. */
const EARLY_MS = 10;
/** For the Fleet to take a round. */
const PATIENCE_MS = 10_000;
const PLACE_IS_FRESH_MS = 86_400_000;

/** A region that probes: rounds by alarm, its judge's votes to the Fleet. Wiring only. */
export class Vantage extends DurableObject<Env> implements VantageRpc {
  private readonly store: VantageStore;
  private readonly seen = new LastSeen();
  private readonly reporter: Reporter;
  private readonly odometer = new Odometer();
  private readonly hung = new HungConnects();
  private snapshot: VantageSnapshot | null;
  private state: VantageState;
  private place: Place | null;
  /** What was last worth telling, and worth a row. */
  private told: string;
  private saved: string;
  private alarmAtMs: number | null = null;
  private nextRegularMs = 0;
  /** Until here we were at work: a tick that waited for it is not late. */
  private busyUntilMs = 0;
  private rounds: Promise<void> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new VantageStore(ctx.storage);
    this.snapshot = this.store.snapshot();
    this.state = afterPause(this.store.state());
    this.place = this.store.place();
    this.saved = verdicts(this.report());
    this.told = gist(this.report());
    this.reporter = new Reporter(() => this.send());
  }

  async assume(snapshot: VantageSnapshot): Promise<void> {
    this.odometer.add({ requests: 1 });
    if (this.snapshot !== null && snapshot.revision <= this.snapshot.revision) return;
    this.state = carryOver(this.state, this.snapshot?.vantage ?? null, snapshot.vantage);
    this.seen.carryOver(this.snapshot?.vantage ?? null, snapshot.vantage);
    this.snapshot = snapshot;
    this.store.saveOrders(snapshot, this.state);
    this.odometer.add({ rows: 2 });
    this.saved = verdicts(this.report());
    if (snapshot.vantage === null) {
      this.alarmAtMs = null;
      await this.ctx.storage.deleteAlarm();
      return;
    }
    this.nextRegularMs = 0;
    await this.arm(Date.now() + SOON_MS);
  }

  async secondOpinion(server: string): Promise<void> {
    this.odometer.add({ requests: 1 });
    if (!this.snapshot?.vantage?.servers.some(({ id }) => id === server)) return;
    this.ctx.waitUntil(this.enqueue(() => this.round(new Set([server]), true)));
  }

  async watchdog(): Promise<void> {
    this.odometer.add({ requests: 1 });
    const orders = this.snapshot?.vantage ?? null;
    if (orders === null) return;
    const alarmMs = await this.ctx.storage.getAlarm();
    const now = Date.now();
    if (alarmMs !== null && alarmMs > now - orders.rules.intervalMs) return;
    this.alarmAtMs = null;
    this.nextRegularMs = 0;
    await this.arm(now + SOON_MS);
  }

  /** The next alarm is set before anything can fail; nothing that fails gets out, or the runtime would retry the round and then give up. */
  override async alarm(): Promise<void> {
    this.odometer.add({ requests: 1 });
    const orders = this.snapshot?.vantage ?? null;
    if (orders === null) return;
    const now = Date.now();
    const dueMs = this.alarmAtMs;
    this.alarmAtMs = null;
    const isRegular = now >= this.nextRegularMs - EARLY_MS;
    if (isRegular) this.nextRegularMs = nextRoundMs(now + EARLY_MS, orders.rules.intervalMs, orders.phase);
    await this.arm(this.nextRegularMs);
    if (dueMs !== null && now - Math.max(dueMs, this.busyUntilMs) > orders.rules.intervalMs / 2) this.state = afterPause(this.state);
    await this.enqueue(() => this.round(isRegular ? null : new Set(this.suspects()), isRegular));
  }

  /** Rounds one after the other, so that probes of one check never overlap and six connections are six. Never throws. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.rounds = this.rounds.then(work).catch((error: unknown) => console.error(error));
    return this.rounds;
  }

  /** Probes these servers (null: all), judging each result as it comes; then the fast cadence, where there is suspicion. */
  private async round(servers: ReadonlySet<string> | null, tellAnyway: boolean): Promise<void> {
    const { snapshot } = this;
    const orders = snapshot?.vantage ?? null;
    if (orders === null) return;
    const startedMs = Date.now();
    const wanted = servers ?? new Set(orders.servers.map(({ id }) => id));
    const listener = {
      // Results for orders that have changed meanwhile would land on other checks.
      saw: (seen: Seen) => this.snapshot === snapshot && this.seen.note(seen),
      evidence: (event: VantageEvent) => this.snapshot === snapshot && this.judge(event),
      ...(servers === null ? {} : { patienceMs: (server: string, check: number) => this.seen.burstTimeoutMs(orders.rules, server, check) }),
    };
    await probeRound(orders, wanted, this.state.blind, listener, { isPublic: this.env.ALLOW_PRIVATE !== 'true', hung: this.hung });
    this.busyUntilMs = Date.now();
    if (this.suspects().length > 0) await this.arm(Math.max(startedMs + orders.rules.fastIntervalMs, this.busyUntilMs + SOON_MS));
    if (tellAnyway) await this.reporter.tell();
    await this.locate();
    this.odometer.add({ activeMs: Date.now() - startedMs });
  }

  private judge(event: VantageEvent): void {
    const rules = this.snapshot?.vantage?.rules;
    if (rules === undefined) return;
    this.state = stepVantage(this.state, rules, event);
    const report = this.report();
    const votes = verdicts(report);
    if (votes !== this.saved) {
      this.store.saveState(this.state);
      this.odometer.add({ rows: 1 });
      this.saved = votes;
    }
    if (gist(report) !== this.told) this.ctx.waitUntil(this.reporter.tell());
  }

  private async send(): Promise<void> {
    if (this.snapshot?.vantage == null) return;
    const report = this.report();
    this.told = gist(report);
    const used = this.odometer.take();
    try {
      // A Fleet that does not answer must not end the watching.
      await inTime(fleetOf(this.env).votes({ ...report, used, readings: this.seen.readings() }), PATIENCE_MS);
    } catch (error) {
      this.odometer.add(used);
      throw error;
    }
  }

  private report(): VantageRound {
    const snapshot = this.snapshot ?? { revision: 0, vantage: null };
    const now = Date.now();
    const hung = this.hung.count(now);
    return { ...reportOf(snapshot, this.state, this.seen, this.place?.colo ?? null, now), ...(hung === 0 ? {} : { hung }) };
  }

  private suspects(): string[] {
    return this.snapshot === null ? [] : suspectsOf(this.snapshot, this.state);
  }

  /** An earlier alarm stays. Unconfirmed, because every connection of the round would wait for the row to be confirmed. */
  private async arm(atMs: number): Promise<void> {
    if (this.alarmAtMs !== null && this.alarmAtMs <= atMs) return;
    this.alarmAtMs = atMs;
    this.odometer.add({ rows: 1 });
    await this.ctx.storage.setAlarm(atMs, { allowUnconfirmed: true });
  }

  /** Where we really run; once a day, and never on one's own machine. */
  private async locate(): Promise<void> {
    if (this.env.ALLOW_PRIVATE === 'true' || Date.now() < (this.place?.askedMs ?? 0) + PLACE_IS_FRESH_MS) return;
    const askedMs = Date.now();
    this.place = { colo: this.place?.colo ?? null, askedMs };
    this.ctx.waitUntil(
      askColo().then((colo) => {
        this.place = { colo: colo ?? this.place?.colo ?? null, askedMs };
        this.store.savePlace(this.place);
      }),
    );
  }
}
