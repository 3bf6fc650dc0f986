import { DurableObject } from 'cloudflare:workers';
import { WORLD } from '../budget/assumptions.ts';
import { type FleetEvent, voteTtlMs } from '../engine/fleet.ts';
import { type Env, siteOf, vantageOf } from '../env.ts';
import { byId } from '../fleet-file/by-id.ts';
import { fleetToml } from '../fleet-file/toml.ts';
import { budgetNotice } from '../notify/notices.ts';
import type { DayBars, ServerHistory } from '../protocol/history.ts';
import type { ChannelReading, Metrics } from '../protocol/metrics.ts';
import type { ServerStatus, Status, TimelineEntry, Vitals } from '../protocol/status.ts';
import { Batch } from './batch.ts';
import type {
  ChannelReport,
  ChannelTest,
  FleetRpc,
  FleetVersion,
  Outcome,
  PutFleetResult,
  SiteNews,
  TokenRow,
  VantageRound,
  VantageRpc,
} from './contract.ts';
import { Deliveries } from './deliveries.ts';
import { FleetArchive } from './fleet-archive.ts';
import { adopt, etagOf, type PutOptions, propose } from './fleet-config.ts';
import { type FleetFacts, healthsOf } from './fleet-facts.ts';
import { Notifier, type Said } from './fleet-notifier.ts';
import { FULL_PACE, nextPace, paced, paceWhy } from './fleet-pace.ts';
import { keyOfShard, shardOfKey, shardsIn, vantageTarget } from './fleet-shards.ts';
import { siteSnapshot, sitesOf, targetsOf, vantageSnapshot } from './fleet-snapshots.ts';
import { Spending } from './fleet-spending.ts';
import { statusOf, vitalsOf } from './fleet-status.ts';
import { FleetStore } from './fleet-store.ts';
import { type FleetNews, fleetTurnDueMs, NO_NEWS, takeFleetTurn, withNewestEvidence } from './fleet-turn.ts';
import type { Target } from './outstanding.ts';
import { Readings } from './readings.ts';
import { SecondOpinions } from './second-opinions.ts';

/** An alarm at the very instant that is due could fire before the clock shows it. */
const ALARM_SLACK_MS = 5;
/** Deliveries are flushed at once; after a kill in between, this alarm flushes them. */
const UNFLUSHED_MS = 2_000;

/** What sites tell within this is one transaction. */
const NEWS_WITHIN_MS = 50;

/** What a question from outside costs: the Worker's request and ours. */
const ASKED = { workerRequests: 1, doRequests: 1 };
const { workMs: WORK_MS } = WORLD;

const DONE: Outcome<null> = { ok: true, value: null };

/** Something to put into the same transaction as the turn that it causes. */
interface Cause {
  facts?: FleetFacts;
  news?: FleetNews;
  targets?: Target[];
  work?: () => void;
  /** What `work` tells people. */
  said?: Said;
}

/** The fleet: its configuration, its servers' health, what happened, and who has to hear of it. Wiring only. */
export class Fleet extends DurableObject<Env> implements FleetRpc {
  private readonly store: FleetStore;
  private readonly deliveries: Deliveries;
  private readonly opinions = new SecondOpinions();
  private readonly readings = new Readings();
  private readonly notifier: Notifier;
  private readonly spending: Spending;
  private readonly archive: FleetArchive;
  private readonly letters = new Batch<SiteNews>(NEWS_WITHIN_MS, (letters) => this.read(letters));
  private facts: FleetFacts;
  private alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new FleetStore(ctx.storage);
    this.facts = this.store.load(Date.now());
    this.spending = new Spending(this.store.shelf, Date.now());
    const livedUntilMs = Math.max(0, ...Object.values(this.facts.heard).map(({ atMs }) => atMs));
    this.archive = new FleetArchive(ctx.storage.sql, Date.now(), livedUntilMs, healthsOf(this.facts));
    this.deliveries = new Deliveries(
      this.store.outstanding,
      (target) => this.send(target),
      (taken) => ctx.storage.transactionSync(() => this.store.outstanding.forget(taken)),
    );
    const host = {
      env: { ...env },
      allowPrivate: env.ALLOW_PRIVATE === 'true',
      openIncidents: () => this.store.history.open(),
      moved: () => this.notify(),
    };
    this.notifier = new Notifier(this.store.outbox, host, this.facts.config?.fleet ?? null);
    ctx.blockConcurrencyWhile(async () => {
      this.alarmAtMs = await ctx.storage.getAlarm();
    });
  }

  async putFleet(text: string, format: 'toml' | 'json', options: PutOptions): Promise<Outcome<PutFleetResult>> {
    const nowMs = Date.now();
    const before = this.facts.config;
    const proposal = propose(before, text, format, options, { nowMs, allowPrivate: this.env.ALLOW_PRIVATE === 'true' });
    if (!proposal.answer.ok || proposal.fleet === null) return proposal.answer;
    const { value } = proposal.answer;
    if (proposal.adopt !== null) {
      const config = proposal.adopt;
      const { facts, news, goneSites } = adopt(this.facts, config, value.diff.length, options.note);
      const work = () => {
        this.store.versions.add(config, options.note);
        for (const site of goneSites) this.store.history.close('site', site, nowMs);
        this.store.pictures.keep(new Set(config.fleet.site.map(({ id }) => id)));
        this.notifier.adopt(config.fleet, options.origin);
        this.readings.forget();
      };
      this.turn([], { facts, news, targets: targetsOf(before, config), work });
    }
    return { ok: true, value: { ...value, warnings: [...value.warnings, ...(await this.notifier.problems(proposal.fleet))] } };
  }

  async getFleet(): Promise<{ version: number; etag: string; fleet: unknown; toml: string } | null> {
    const { config } = this.facts;
    return config === null ? null : { version: config.version, etag: etagOf(config), fleet: config.fleet, toml: fleetToml(config.fleet) };
  }

  async versions(): Promise<FleetVersion[]> {
    return this.store.versions.list();
  }

  /** Puts an earlier version again: as a new version, through the same checks. */
  async rollback(version: number): Promise<Outcome<PutFleetResult>> {
    const text = this.store.versions.text(version);
    if (text === null) return { ok: false, status: 404, reason: `there is no version ${version}` };
    return this.putFleet(text, 'json', { dryRun: false, ifMatch: null, note: `rollback to version ${version}`, again: true });
  }

  async setMaintenance(server: string, window: { fromMs: number | null; untilMs: number } | null): Promise<Outcome<null>> {
    if (!this.hasServer(server)) return unknownServer(server);
    const now = Date.now();
    const { [server]: _, ...planned } = this.facts.planned;
    if (window === null) {
      const entry = this.entry('maintenance', server, `the maintenance of ${server} was called off`);
      const isAny = this.facts.planned[server] !== undefined || this.facts.state.servers[server]?.maintenance != null;
      if (isAny) this.turn([{ type: 'maintenance-end', server }], { facts: { ...this.facts, planned }, news: entry });
      return DONE;
    }
    const { fromMs, untilMs } = window;
    if (untilMs <= now) return { ok: false, status: 422, reason: 'until is in the past' };
    if (fromMs !== null && fromMs >= untilMs) return { ok: false, status: 422, reason: 'until must be after from' };
    const isLater = fromMs !== null && fromMs > now;
    const why = `maintenance of ${server} ${isLater ? `from ${iso(fromMs)} ` : ''}until ${iso(untilMs)}`;
    const facts = { ...this.facts, planned: isLater ? { ...planned, [server]: { fromMs, untilMs } } : planned };
    // A window replaces the one before, which may be under way.
    this.turn([isLater ? { type: 'maintenance-end', server } : { type: 'maintenance', server, until: untilMs }], {
      facts,
      news: this.entry('maintenance', server, why),
    });
    return DONE;
  }

  async resign(server: string): Promise<Outcome<null>> {
    if (!this.hasServer(server)) return unknownServer(server);
    const { facts } = this;
    const isNew = facts.resigned[server] === undefined;
    const atMs = Date.now();
    const seenDown = facts.state.servers[server]?.health === 'down';
    this.turn([], {
      facts: { ...facts, revision: facts.revision + 1, resigned: { ...facts.resigned, [server]: { atMs, seenDown } } },
      news: isNew ? this.entry('resign', server, `${server} says that it goes down`) : NO_NEWS,
      targets: facts.config === null ? [] : sitesOf(facts.config, new Set([server])),
    });
    return DONE;
  }

  async votes({ used, readings, ...said }: VantageRound): Promise<void> {
    if (used !== undefined) this.spending.probing({ ...used, requests: used.requests + 1, activeMs: used.activeMs + WORK_MS });
    const { facts } = this;
    const round = { ...said, votes: withNewestEvidence(facts.state, said.vantage, said.votes) };
    const { config } = facts;
    const key = keyOfShard(round.vantage, round.shard);
    const shard = config === null ? undefined : shardsIn(config.fleet).find((known) => known.key === key);
    if (shard === undefined) return;
    const before = facts.heard[key];
    if (before !== undefined && round.t < before.round.t) return;
    this.readings.note(round.vantage, readings ?? []);
    this.archive.note(round);
    const nowMs = Date.now();
    const heard = { ...facts.heard, [key]: { atMs: nowMs, round } };
    const { sighted, votes } = round;
    // It works to old orders: what it should know was lost on the way.
    const targets: Target[] = round.revision < facts.configRevision ? [vantageTarget(shard)] : [];
    this.turn([{ type: 'votes', vantage: round.vantage, sighted, votes }], { facts: { ...facts, heard }, targets });
    this.askOthers(round, nowMs);
  }

  async news(news: SiteNews): Promise<void> {
    this.spending.rest({ doRequests: 1 });
    await this.letters.add(news);
  }

  async notifyReport(): Promise<ChannelReport[]> {
    return this.notifier.report();
  }

  async notifyTest(channel: number | null): Promise<ChannelTest[]> {
    return this.notifier.test(channel);
  }

  async status(): Promise<Status> {
    this.spending.rest(ASKED);
    return statusOf(
      this.facts,
      this.store.pictures,
      this.store.history.latest(),
      this.isCounted ? this.spending.shares() : null,
      Date.now(),
    );
  }

  async vitals(): Promise<Vitals> {
    this.spending.rest(ASKED);
    return vitalsOf(this.facts, Date.now());
  }

  async page(): Promise<{ status: Status; bars: DayBars }> {
    return { status: await this.status(), bars: this.archive.bars() };
  }

  async server(id: string): Promise<(ServerStatus & ServerHistory) | null> {
    const server = (await this.status()).servers.find((candidate) => candidate.id === id);
    const history = server === undefined ? null : this.archive.history(server.id);
    return server === undefined || history === null ? null : { ...server, ...history };
  }

  async metrics(): Promise<Metrics> {
    const [status, channels] = await Promise.all([this.status(), this.notifier.report()]);
    const { config } = this.facts;
    return { status, probes: config === null ? [] : this.readings.of(config.fleet), channels: channels.map(channelReading) };
  }

  async hasSite(site: string): Promise<boolean> {
    return byId(this.facts.config?.fleet.site ?? [], site) !== undefined;
  }

  async createServerToken(server: string): Promise<Outcome<{ id: string; token: string }>> {
    return this.hasServer(server) ? this.store.tokens.create(server, Date.now()) : unknownServer(server);
  }

  async listServerTokens(server: string): Promise<Outcome<TokenRow[]>> {
    return this.hasServer(server) ? { ok: true, value: this.store.tokens.list(server) } : unknownServer(server);
  }

  async revokeServerToken(server: string, id: string): Promise<Outcome<null>> {
    return this.store.tokens.revoke(server, id);
  }

  /** The tokens of a server that is not in the fleet file stay, in case it comes back, but open nothing. */
  async checkServerToken(server: string, token: string): Promise<boolean> {
    return this.hasServer(server) && (await this.store.tokens.check(server, token, Date.now())) !== null;
  }

  async watchdog(): Promise<void> {
    this.spending.rest(ASKED);
    this.keepPace();
    this.turn([]);
    await Promise.all([this.deliver(), this.wakeSilent()]);
  }

  override async alarm(): Promise<void> {
    this.alarmAtMs = null;
    try {
      this.turn([]);
      await this.deliver();
    } catch (error) {
      // Thrown on, it would be retried six times and then forgotten; the watchdog comes every minute.
      console.error(error);
    }
  }

  /**
   * Load → step → save → act. Synchronous up to the act, so that no other event comes between; the new state, what it means for people and who has
   * to hear of it are one transaction.
   */
  private turn(events: readonly FleetEvent[], cause: Cause = {}): void {
    const { facts, news, changed } = takeFleetTurn(cause.facts ?? this.facts, Date.now(), events);
    const targets = [...(cause.targets ?? []), ...(facts.config === null ? [] : sitesOf(facts.config, changed))];
    this.save(facts, { ...cause, targets }, news);
  }

  /** What sites say: nothing that the judge goes by, so that thousands of them can speak at once. */
  private read(letters: readonly SiteNews[]): void {
    const known = letters.filter(({ site }) => byId(this.facts.config?.fleet.site ?? [], site) !== undefined);
    const entries = known.flatMap((letter) => letter.entries);
    const incidents = known.flatMap((letter) => letter.incidents);
    const { history, pictures } = this.store;
    const work = () => {
      for (const { site, revision, status } of known) pictures.put(site, { revision, status });
      history.addEntries(entries);
      history.putIncidents(incidents);
    };
    this.ctx.storage.transactionSync(() => this.notifier.record(Date.now(), [], { entries, incidents }, work));
    this.notify();
  }

  /** What a turn came to: saves it in one transaction, and acts on it. */
  private save(facts: FleetFacts, { news: said = NO_NEWS, targets = [], work, said: told }: Omit<Cause, 'facts'>, judged = NO_NEWS): void {
    const [before, after] = [healthsOf(this.facts), healthsOf(facts)];
    const isChange = JSON.stringify(before) !== JSON.stringify(after);
    let archived = 0;
    const rowsWritten = this.store.save(facts, () => {
      archived = this.archive.turn(Date.now(), before, isChange);
      this.notifier.record(Date.now(), [said, judged], told, () => {
        work?.();
        for (const news of [said, judged]) this.store.history.tell(news);
      });
      this.store.outstanding.post(targets, facts.revision);
    });
    this.spending.rest({ rowsWritten: rowsWritten + archived });
    this.facts = facts;
    if (targets.length > 0) {
      this.arm(Date.now() + UNFLUSHED_MS);
      this.ctx.waitUntil(this.deliver());
    }
    this.arm(fleetTurnDueMs(this.facts));
    this.notify();
  }

  /** Sends what is due to people. Nobody waits for it: a channel that hangs holds up neither the alarm nor a verdict. */
  private notify(): void {
    this.ctx.waitUntil(this.notifier.flush());
    this.arm(this.notifier.dueMs);
  }

  /** Whether the plan has limits here that could end before the day does. On one's own machine there are none. */
  private get isCounted(): boolean {
    return this.facts.config?.fleet.fleet.plan === 'free' && this.env.ALLOW_PRIVATE !== 'true';
  }

  /** Once a minute: probes more slowly when a limit would not last the day, and as configured again when it will. */
  private keepPace(): void {
    const { config, pace, heard, configRevision } = this.facts;
    if (config === null) return;
    const nowMs = Date.now();
    const looked = this.isCounted ? this.spending.look(nowMs, this.store.pictures.online, pace.slowdown) : FULL_PACE;
    const shards = shardsIn(config.fleet);
    const allObey = shards.every(({ key }) => (heard[key]?.round.revision ?? 0) >= configRevision);
    const next = nextPace(pace, looked ?? pace, allObey, nowMs);
    if (next === pace) return;
    if (next.slowdown === pace.slowdown) {
      this.turn([], { facts: { ...this.facts, pace: next } });
      return;
    }
    const revision = this.facts.revision + 1;
    const targets = shards.map(vantageTarget);
    const why = paceWhy(config.fleet, next) ?? 'servers are probed as often as configured again';
    const said = { entries: [], incidents: [], notices: [budgetNotice(`pace-${nowMs}`, why, nowMs)] };
    this.turn([], { facts: { ...this.facts, pace: next, revision, configRevision: revision }, targets, said });
  }

  private async deliver(): Promise<void> {
    await this.deliveries.flush();
    this.arm(this.deliveries.retryAtMs);
    this.ctx.waitUntil(this.deliveries.cleared);
  }

  private async send({ kind, id, region }: Target): Promise<number> {
    const { revision } = this.facts;
    if (kind === 'site') await siteOf(this.env, id).assume(siteSnapshot(this.facts, id), this.deliveries.crowd);
    else await this.vantage(id, region).assume(vantageSnapshot(this.facts, id, region));
    return revision;
  }

  private vantage(key: string, region: string): VantageRpc {
    const { vantage, shard } = shardOfKey(key);
    return vantageOf(this.env, vantage, region, shard);
  }

  /** Best effort: they look by themselves too, a little later. */
  private askOthers(round: VantageRound, nowMs: number): void {
    const { config, heard } = this.facts;
    if (config === null) return;
    for (const { server, shard } of this.opinions.wanted(config, heard, round, nowMs)) {
      const { key, region } = shard;
      this.ctx.waitUntil(attempt(`ask ${key} about ${server}`, () => this.vantage(key, region).secondOpinion(server)));
    }
  }

  /** A vantage that is not heard has lost its alarm, or its orders. */
  private async wakeSilent(): Promise<void> {
    const { config, heard } = this.facts;
    if (config === null) return;
    const heardSinceMs = Date.now() - voteTtlMs(paced(config.fleet, this.facts.pace.patience));
    const silent = shardsIn(config.fleet).filter(({ key }) => (heard[key]?.atMs ?? 0) < heardSinceMs);
    await Promise.all(
      silent.map(({ key, region }) =>
        attempt(`wake ${key}`, async () => {
          const vantage = this.vantage(key, region);
          await vantage.assume(vantageSnapshot(this.facts, key, region));
          await vantage.watchdog();
        }),
      ),
    );
  }

  /** Each alarm set is a row written, so one that is early stays: it fires, finds nothing due, and is set anew. */
  private arm(dueMs: number | null): void {
    if (dueMs === null || (this.alarmAtMs !== null && this.alarmAtMs <= dueMs + ALARM_SLACK_MS)) return;
    this.alarmAtMs = Math.max(dueMs, Date.now()) + ALARM_SLACK_MS;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(this.alarmAtMs));
  }

  private hasServer(server: string): boolean {
    return byId(this.facts.config?.fleet.server ?? [], server) !== undefined;
  }

  private entry(kind: TimelineEntry['kind'], server: string, why: string): FleetNews {
    const t = Date.now();
    return { ...NO_NEWS, entries: [{ id: `server/${server}/${kind}-${t}`, at: iso(t), kind, why, server }] };
  }
}

function unknownServer(server: string): { ok: false; status: 404; reason: string } {
  return { ok: false, status: 404, reason: `the server ${server} is not in the fleet file` };
}

function channelReading({ channel, state, waiting, attempts, dropped }: ChannelReport): ChannelReading {
  return { channel, working: state === 'ok', waiting, failures: state === 'ok' ? 0 : attempts, dropped };
}

async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.warn(`could not ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
