import type { ProbingRules, SiteRules, Vote } from '../engine/types.ts';
import type { Health } from '../protocol/health.ts';
import type { DayBars, ServerHistory } from '../protocol/history.ts';
import type { Metrics } from '../protocol/metrics.ts';
import type { Incident, ServerStatus, SiteStatus, Status, TimelineEntry, Vitals } from '../protocol/status.ts';
import type { Used } from './odometer.ts';

/*
 * What the three Durable Objects say to each other, all of it by RPC. Snapshots are level-triggered: the whole truth with a rising
 * `revision`; an older or equal one is ignored by its receiver, a lost one is sent again. So no message order can leave a site with old news.
 */

/** Fleet → Site. */
export interface SiteSnapshot {
  revision: number;
  /** Null: the site is no longer in the fleet file; polls get 404, tokens stay until it returns or is purged. */
  site: { name: string; rules: SiteRules; drill: DrillSchedule | null } | null;
  health: Record<string, ServerHealth>;
}

/** When drills start: five cron fields, in a time zone of the IANA list. */
export interface DrillSchedule {
  cron: string;
  timezone: string;
}

export interface ServerHealth {
  health: Health;
  sinceMs: number;
  why: string;
  /** When the server last said that it goes down; null: not resigned. */
  resignedAtMs: number | null;
}

/** Fleet → Vantage. */
export interface VantageSnapshot {
  revision: number;
  /** Null: the vantage is no longer in the fleet file; it stops its alarm and forgets. */
  vantage: {
    id: string;
    region: string;
    /** A vantage with more checks than one object can look at in an interval is several objects: 0 (or absent), 1, … */
    shard?: number | undefined;
    witnesses: string[];
    /** Rounds of the vantages and their shards are staggered: this one starts at `interval × phase` (0 ≤ phase < 1). */
    phase: number;
    rules: ProbingRules & { fastIntervalMs: number };
    servers: { id: string; address: string; checks: CheckSpec[] }[];
  } | null;
}

/** One check of a server, with every default filled in. */
export interface CheckSpec {
  kind: 'tcp' | 'tls' | 'http' | 'banner';
  host: string;
  port: number;
  /** `http` only. */
  url?: string;
  expectStatus?: number[];
  /** `http`: text that the body contains; `banner`: prefix. */
  expectBody?: string;
  critical: boolean;
}

/** The newest look of a vantage at one check. */
export interface Reading {
  server: string;
  check: number;
  /** When the result was known, in epoch milliseconds. */
  t: number;
  ok: boolean;
  ms: number;
  /** The HTTP status, where one was answered. */
  status?: number;
}

/** Vantage → Fleet, once a round and at once when a vote changes. */
export interface VantageRound {
  vantage: string;
  shard?: number | undefined;
  revision: number;
  t: number;
  colo: string | null;
  sighted: boolean;
  votes: Record<string, Vote & { latencyMs: number | null }>;
  /** For metrics: it decides nothing. */
  readings?: Reading[];
  /** Connects that were given up and still hang; absent: none. */
  hung?: number | undefined;
  /** What this vantage asked of the platform since it was last heard. */
  used?: Used;
  /** Servers under suspicion here: the Fleet asks the other vantages for a second opinion at once. */
  suspects: string[];
}

/** Site → Fleet, at least once; entries and incidents are deduplicated by their ids. */
export interface SiteNews {
  site: string;
  /** Rises with every change of the site: an older picture never replaces a newer one. */
  revision: number;
  status: SiteStatus;
  entries: TimelineEntry[];
  incidents: Incident[];
}

export interface TokenRow {
  id: string;
  createdAt: string;
  lastUsedAt: string | null;
}

/** Expected refusals are values: `status` is the HTTP status that the route answers with. */
export type Outcome<T> =
  | { ok: true; value: T }
  | { ok: false; status: 404 | 409 | 412 | 422; reason: string; errors?: { path: string; message: string }[] };

export interface FleetVersion {
  version: number;
  at: string;
  note: string;
}

export interface PutFleetResult {
  version: number;
  diff: { path: string; from?: unknown; to?: unknown }[];
  warnings: string[];
}

/** How a channel of notifications is, for the administrator. It names no URL. */
export interface ChannelReport {
  /** Its place among the `[[notify]]` of the fleet file, from 0. */
  channel: number;
  scheme: string;
  events: string[];
  /** `retrying`: the message under way has failed so far. `broken`: the service refused the last one. `blocked`: nothing can be sent, see `problem`. */
  state: 'ok' | 'retrying' | 'broken' | 'blocked';
  problem: string | null;
  /** When it failed last. */
  since: string | null;
  /** Facts that are not delivered yet. */
  waiting: number;
  attempts: number;
  nextTryAt: string | null;
  deliveredAt: string | null;
  /** Messages that were given up. */
  dropped: number;
}

/** What came of a test message. */
export interface ChannelTest {
  channel: number;
  scheme: string;
  ok: boolean;
  /** What the service answered; null: nothing, or nothing was sent. */
  status: number | null;
  reason: string | null;
}

export interface FleetRpc {
  /** `origin`: where the administrator reaches the edge, for the links in notifications. */
  putFleet(
    text: string,
    format: 'toml' | 'json',
    options: { dryRun: boolean; ifMatch: string | null; note: string; origin?: string },
  ): Promise<Outcome<PutFleetResult>>;
  getFleet(): Promise<{ version: number; etag: string; fleet: unknown; toml: string } | null>;
  versions(): Promise<FleetVersion[]>;
  rollback(version: number): Promise<Outcome<PutFleetResult>>;
  /** `fromMs` null: now. */
  setMaintenance(server: string, window: { fromMs: number | null; untilMs: number } | null): Promise<Outcome<null>>;
  resign(server: string): Promise<Outcome<null>>;
  votes(round: VantageRound): Promise<void>;
  news(news: SiteNews): Promise<void>;
  status(): Promise<Status>;
  vitals(): Promise<Vitals>;
  /** What the page shows. */
  page(): Promise<{ status: Status; bars: DayBars }>;
  /** One server with its past; null: there is none of that id. */
  server(id: string): Promise<(ServerStatus & ServerHistory) | null>;
  metrics(): Promise<Metrics>;
  /** Whether a site is in the fleet file: routes answer 404 without waking its object. */
  hasSite(site: string): Promise<boolean>;
  createServerToken(server: string): Promise<Outcome<{ id: string; token: string }>>;
  listServerTokens(server: string): Promise<Outcome<TokenRow[]>>;
  revokeServerToken(server: string, id: string): Promise<Outcome<null>>;
  /** True when the token is valid for that server. */
  checkServerToken(server: string, token: string): Promise<boolean>;
  notifyReport(): Promise<ChannelReport[]>;
  /** Sends a test message at once; null: to every channel. Empty: there is no such channel. */
  notifyTest(channel: number | null): Promise<ChannelTest[]>;
  /** Cron's watchdog: re-arms vantages, resends what was not taken, expires votes. */
  watchdog(): Promise<void>;
}

export interface VantageRpc {
  assume(snapshot: VantageSnapshot): Promise<void>;
  /** Probe this server now, out of turn. */
  secondOpinion(server: string): Promise<void>;
  /** Re-arms a missing or overdue alarm. */
  watchdog(): Promise<void>;
}

export interface SiteRpc {
  /** `crowd`: so many sites are told at this time (absent: this one alone). */
  assume(snapshot: SiteSnapshot, crowd?: number): Promise<void>;
  pin(server: string, untilMs: number | null): Promise<Outcome<null>>;
  unpin(): Promise<Outcome<null>>;
  drill(): Promise<Outcome<null>>;
  createToken(): Promise<Outcome<{ id: string; token: string }>>;
  listTokens(): Promise<Outcome<TokenRow[]>>;
  revokeToken(id: string): Promise<Outcome<null>>;
  /** True when the token is valid for this site (used by `/agent/v1/echo`). */
  checkToken(token: string): Promise<boolean>;
}
