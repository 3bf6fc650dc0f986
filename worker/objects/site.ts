import { DurableObject } from 'cloudflare:workers';
import type { SiteEffect, SiteEvent, SiteRules } from '../engine/types.ts';
import { type Env, fleetOf } from '../env.ts';
import type { Directive } from '../protocol/directive.ts';
import { reportSchema } from '../protocol/report.ts';
import type { TimelineEntry } from '../protocol/status.ts';
import { confirmPauseS } from './confirm-pause.ts';
import type { Outcome, SiteRpc, SiteSnapshot, TokenRow } from './contract.ts';
import { LATEST_DRILL_MS, nextDrillMs, scheduled } from './drill-schedule.ts';
import { rosterOf } from './site-agent.ts';
import { judgeDueMs } from './site-due.ts';
import { afterSilence, eventsOfReport, eventsOfSnapshot, withoutGonePaths } from './site-evidence.ts';
import type { SiteFacts } from './site-facts.ts';
import { SitePolls, TOKEN_HEADER } from './site-polls.ts';
import { SitePost } from './site-post.ts';
import { SiteStore } from './site-store.ts';
import { type Instant, takeTurn } from './site-turn.ts';
import { TokenStore } from './token-store.ts';

const UNKNOWN_SITE = 'this site is not in the fleet file';
/** An alarm at the very instant that is due could fire before the clock shows it. */
const ALARM_SLACK_MS = 5;
/**
 * A router that was told something polls again as soon as it has acted on it, and then there is more to say of the site. The Fleet hears of both together,
 * and of the first alone when nothing comes within this.
 */
const ANSWER_WITHIN_MS = 1_500;
/** Where many are told at once, their routers' answers take so much longer, for each of them (`confirm-pause.ts`), but no longer than `LATEST_ANSWER_MS`. */
const ANSWER_OF_ANOTHER_MS = 4;
const LATEST_ANSWER_MS = 15_000;
/** News go at once; after a kill in between, this alarm sends them. Where a router is, its next poll does, and the alarm is saved. */
const UNTOLD_MS = 2_000;

/** What a turn comes from. */
interface Cause extends Instant {
  /** What a person did, for the timeline. */
  entry?: TimelineEntry;
  /** It comes from the edge itself, and nobody waits to see what becomes of it. */
  isOurs?: boolean;
  /** So many sites hear of the same at this time. */
  crowd?: number;
}

/** Everything that an awake site works with. */
interface Awake {
  store: SiteStore;
  tokens: TokenStore;
  polls: SitePolls;
  post: SitePost;
  facts: SiteFacts;
}

/** One router and what is behind it: its judge, its directives, its tokens, the polls that wait for news. Wiring only. */
export class Site extends DurableObject<Env> implements SiteRpc {
  private awake: Awake | null = null;
  private alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      this.alarmAtMs = await ctx.storage.getAlarm();
      if (SiteStore.exists(ctx.storage)) this.wake(false);
    });
  }

  async assume(snapshot: SiteSnapshot, crowd = 1): Promise<void> {
    const { facts } = this.wake();
    if (snapshot.revision <= (facts.snapshot?.revision ?? -1)) return;
    const { events, resigned } = eventsOfSnapshot(snapshot, facts);
    facts.snapshot = snapshot;
    facts.resigned = resigned;
    facts.drill = scheduled(facts.drill, snapshot.site?.drill ?? null, Date.now());
    if (snapshot.site !== null) this.turn({ t: Date.now(), events, isOurs: true, crowd });
    else this.retire();
  }

  async pin(server: string, untilMs: number | null): Promise<Outcome<null>> {
    const known = this.rules()?.servers.some(({ id }) => id === server);
    if (known === false) return { ok: false, status: 422, reason: `${server} is not a server of this site` };
    const until = untilMs === null ? 'until it is unpinned' : `until ${new Date(untilMs).toISOString()}`;
    const event: SiteEvent = untilMs === null ? { type: 'pin', server } : { type: 'pin', server, until: untilMs };
    return this.control(event, { kind: 'pin', why: `pinned to ${server} ${until}`, server });
  }

  async unpin(): Promise<Outcome<null>> {
    if (this.wake().facts.state?.override?.kind !== 'pin') return { ok: true, value: null };
    return this.control({ type: 'unpin' }, { kind: 'unpin', why: 'the pin was taken away' });
  }

  async drill(): Promise<Outcome<null>> {
    return this.control({ type: 'drill' }, null);
  }

  async createToken(): Promise<Outcome<{ id: string; token: string }>> {
    return this.wake().tokens.create(this.siteId, Date.now());
  }

  async listTokens(): Promise<Outcome<TokenRow[]>> {
    return { ok: true, value: this.wake().tokens.list(this.siteId) };
  }

  async revokeToken(id: string): Promise<Outcome<null>> {
    const { tokens, polls } = this.wake();
    const outcome = tokens.revoke(this.siteId, id);
    if (outcome.ok) polls.end({ status: 401, detail: 'this token was revoked' }, id);
    return outcome;
  }

  async checkToken(token: string): Promise<boolean> {
    if (this.awake === null) return false;
    return (await this.awake.tokens.check(this.siteId, token, Date.now())) !== null;
  }

  /** Opens the socket of a poll: 101, or a plain refusal with the reason as text. Nothing is stored for a site that nobody set up. */
  override async fetch(request: Request): Promise<Response> {
    if (this.awake === null || this.awake.facts.snapshot?.site === null) return new Response(UNKNOWN_SITE, { status: 404 });
    const { tokens, polls } = this.awake;
    const tokenId = await tokens.check(this.siteId, request.headers.get(TOKEN_HEADER) ?? '', Date.now());
    if (tokenId === null) return new Response('this token is not valid for its site', { status: 401 });
    const { 0: client, 1: server } = new WebSocketPair();
    polls.accept(server, tokenId);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** The report of a poll. */
  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const report = reportSchema.parse(JSON.parse(typeof message === 'string' ? message : new TextDecoder().decode(message)));
    const { polls, facts } = this.wake();
    const now = Date.now();
    const hearing = polls.hear(socket, report, now, rosterOf(facts, this.rules()?.leaseMs ?? 0));
    if (hearing === 'fenced') polls.refuse(socket, { status: 409, detail: 'another agent, started later, runs this site' });
    if (hearing === 'stale') polls.refuse(socket, { status: 204 });
    if (hearing !== 'heard') return;
    this.turn({ t: now, events: eventsOfReport(report, facts), report });
    const { directive } = facts;
    if (directive !== null && directive.epoch > report.applied) polls.answer(socket, { status: 200, directive });
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const { store, polls, facts } = this.wake();
    socket.close();
    if (!polls.leave(socket)) return;
    facts.agent = { ...facts.agent, leftMs: Date.now() };
    store.save(facts, { entries: [], incidents: [] }, true);
    this.arm();
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket);
  }

  override async alarm(): Promise<void> {
    this.alarmAtMs = null;
    if (this.awake === null) return;
    const { facts } = this.awake;
    const t = Date.now();
    const dueMs = facts.drill?.dueMs ?? null;
    if (facts.drill === null || dueMs === null || t < dueMs) return void this.turn({ t, events: [], isOurs: true });
    facts.drill = { ...facts.drill, dueMs: nextDrillMs(facts.drill, t) };
    this.turn({ t, events: t <= dueMs + LATEST_DRILL_MS ? [{ type: 'drill' }] : [], isOurs: true });
  }

  /** Load → step → save → act. Synchronous up to the act, so that no other event comes between. */
  private turn({ entry, isOurs = false, crowd = 1, ...instant }: Cause): SiteEffect[] {
    const { store, facts } = this.wake();
    const rules = this.rules();
    if (rules === null) return [];
    if (instant.report !== undefined) facts.state = withoutGonePaths(facts.state, instant.report);
    const turn = takeTurn(facts, rules, instant);
    if (entry !== undefined && !turn.effects.some(refuses)) turn.news.entries.unshift(entry);
    const before = facts.directive;
    store.save(turn.facts, turn.news);
    Object.assign(facts, turn.facts);
    const isTold = facts.directive !== null && facts.directive !== before && this.direct(facts.directive, crowd);
    this.act(isOurs && isTold ? Math.min(ANSWER_WITHIN_MS + crowd * ANSWER_OF_ANOTHER_MS, LATEST_ANSWER_MS) : 0);
    return turn.effects;
  }

  /** False: no poll was waiting. */
  private direct(directive: Directive, crowd: number): boolean {
    const { polls } = this.wake();
    const report = polls.heard?.report;
    return polls.direct(directive, report === undefined ? 0 : confirmPauseS(crowd, directive.leaseMs, report));
  }

  /** A person's wish: what the judge refuses is a conflict, with its reason. */
  private control(event: SiteEvent, told: Pick<TimelineEntry, 'kind' | 'why' | 'server'> | null): Outcome<null> {
    const rules = this.rules();
    if (rules === null) return { ok: false, status: 404, reason: UNKNOWN_SITE };
    const t = Date.now();
    const entry =
      told === null ? undefined : { ...told, id: `site/${rules.id}/${told.kind}-${t}`, at: new Date(t).toISOString(), site: rules.id };
    const refusal = this.turn({ t, events: [event], ...(entry === undefined ? {} : { entry }) }).find(refuses);
    return refusal === undefined ? { ok: true, value: null } : { ok: false, status: 409, reason: refusal.why };
  }

  /** After every change: tell the Fleet, and be there when the next thing is due. */
  private act(answerWithinMs: number): void {
    const { post, polls, store } = this.wake();
    const sent = answerWithinMs > 0 ? post.deliverWithin(answerWithinMs) : post.deliver();
    this.ctx.waitUntil(sent.then(() => this.arm()));
    this.arm(polls.isHeld || store.pending().upTo === 0 ? null : Date.now() + UNTOLD_MS);
  }

  /** Each alarm set is a row written, so one that is early stays: it fires, finds nothing due, and is set anew. */
  private arm(untoldMs: number | null = null): void {
    const { facts, polls, post } = this.wake();
    const rules = this.rules();
    const judge = facts.state === null || rules === null ? null : judgeDueMs(facts.state, rules, polls.isHeld, Date.now());
    const due = [judge, post.retryAtMs, facts.drill?.dueMs ?? null, untoldMs];
    const dueMs = Math.min(...due.map((at) => at ?? Number.POSITIVE_INFINITY));
    if (!Number.isFinite(dueMs) || (this.alarmAtMs !== null && this.alarmAtMs <= dueMs + ALARM_SLACK_MS)) return;
    this.alarmAtMs = Math.max(dueMs, Date.now()) + ALARM_SLACK_MS;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(this.alarmAtMs));
  }

  /** The site is out of the fleet file. Its epoch and tokens stay, in case it comes back. */
  private retire(): void {
    const { store, polls, facts } = this.wake();
    store.save(facts, { entries: [], incidents: [] });
    polls.end({ status: 404, detail: UNKNOWN_SITE });
  }

  private rules(): SiteRules | null {
    return this.awake?.facts.snapshot?.site?.rules ?? null;
  }

  private get siteId(): string {
    const name = this.ctx.id.name ?? '';
    return name.slice(name.indexOf('/') + 1);
  }

  /** Reads the rows, and hears again what only the sockets still know. Creates the tables of a new site. */
  private wake(isNew = true): Awake {
    if (this.awake !== null) return this.awake;
    const { ctx, env } = this;
    const store = new SiteStore(ctx.storage, isNew);
    const facts = store.load();
    const polls = new SitePolls(ctx);
    const post = new SitePost(store, facts, (news) => fleetOf(env).news(news));
    this.awake = { store, tokens: new TokenStore(ctx.storage.sql, 'fws'), polls, post, facts };
    this.recall(this.awake);
    return this.awake;
  }

  /** What the rows do not say: the last report, where a socket still remembers it. */
  private recall({ polls, facts }: Awake): void {
    const rules = this.rules();
    const { heard } = polls;
    if (rules === null) return;
    if (heard === null) {
      facts.state = afterSilence(facts, rules, Date.now());
      // The alarm may be the late one of a poll that was held, and whose socket a restart has taken.
      this.arm();
    } else if (heard.atMs > (facts.state?.heardMs ?? 0))
      this.turn({ t: heard.atMs, events: eventsOfReport(heard.report, facts), report: heard.report });
    // The judge has heard it, and was saved later: told again it would count from then, and shorten a hold-down that began since.
    else facts.agent = { ...facts.agent, seq: heard.report.seq };
  }
}

/** Only a refused control ends in a hold of these blames. */
function refuses(effect: SiteEffect): boolean {
  return effect.type === 'hold' && (effect.blame === 'pin' || effect.blame === 'drill');
}
