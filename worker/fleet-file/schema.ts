import * as z from 'zod/mini';
import { ID_PATTERN } from '../protocol/ids.ts';
import { nextRun, parseCron } from './cron.ts';

/*
 * The fleet file, key by key. Every message completes the sentence "KEY is VALUE, but must be …"; checks that look at more than one key are
 * in check.ts. Sizes are bounded.
 */

/** Where Cloudflare can be asked to put a Durable Object (its location hints). */
export const REGIONS = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'apac-ne', 'apac-se', 'oc', 'afr', 'me'] as const;

const CHECK_KINDS = ['tcp', 'tls', 'http', 'banner'] as const;

export const NOTIFY_EVENTS = [
  'incident.opened',
  'incident.closed',
  'switch',
  'failback',
  'drill',
  'agent.offline',
  'agent.online',
  'budget',
] as const;

export const NOTIFY_SCHEMES = [
  'ntfy',
  'ntfys',
  'tgram',
  'discord',
  'slack',
  'gotify',
  'gotifys',
  'json',
  'jsons',
  'resend',
  'mailgun',
  'webhook',
  'webhooks',
] as const;

/** Sets of checks that come under one name. `omr`: the API port of an OpenMPTCProuter VPS, whose certificate is self-signed. */
const PRESETS = ['omr'] as const;

const MAX_SERVERS = 256;
/** Of one fleet; who has more runs several (docs/SCALE.md). */
const MAX_SITES = 10_000;

const DAY_S = 86_400;

function id() {
  const must = 'an id: 1–32 characters of a–z, 0–9 and "-", not starting with "-", and not "constructor"';
  return z.string(must).check(z.regex(ID_PATTERN, must));
}

function text(max: number) {
  const must = `a text of 1–${max} characters`;
  return z.string(must).check(z.minLength(1, must), z.maxLength(max, must));
}

function whole(min: number, max: number) {
  const must = `a whole number from ${min} to ${max}`;
  return z.int(must).check(z.minimum(min, must), z.maximum(max, must));
}

/** Seconds may have decimals; the engine's milliseconds are rounded. */
function seconds(min: number, max: number) {
  const must = `a number of seconds from ${min} to ${max}`;
  return z.number(must).check(z.minimum(min, must), z.maximum(max, must));
}

function flag() {
  return z.boolean('true or false');
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `one of ${values.map((value) => `"${value}"`).join(', ')}` });
}

function list<T extends z.ZodMiniType>(item: T, must: string, min: number, max: number) {
  return z.array(item, must).check(z.minLength(min, must), z.maxLength(max, must));
}

function tables<T extends z.ZodMiniType>(item: T, name: string, max: number) {
  return z._default(list(item, `an array of at most ${max} tables, each written [[${name}]]`, 0, max), []);
}

function table<T extends z.core.$ZodLooseShape>(shape: T, must = 'a table') {
  return z.strictObject(shape, { error: must });
}

function url() {
  const must = 'a URL that starts with https:// (or http://) and holds no user name or password';
  return text(2048).check(
    z.refine((value) => {
      const parsed = URL.parse(value);
      return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === '';
    }, must),
  );
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isCron(pattern: string): boolean {
  const cron = parseCron(pattern);
  return cron !== null && nextRun(cron, 'UTC', Date.now()) !== null;
}

const STATUS_MUST = 'an HTTP status from 100 to 599, or a list of 1–32 of them';
const status = () => z.int(STATUS_MUST).check(z.minimum(100, STATUS_MUST), z.maximum(599, STATUS_MUST));
const CRON_MUST = 'five cron fields: minute hour day-of-month month day-of-week, like "30 4 * * 1"';

const fleetTable = table({ name: text(64), plan: z._default(oneOf(['free', 'paid']), 'free') }, 'a table with a name: [fleet] name = "…"');

const probingTable = table({
  interval_s: z._default(seconds(0.5, 3600), 10),
  /** Cadence while a server is suspect. */
  fast_interval_ms: z._default(whole(50, 60_000), 1000),
  timeout_ms: z._default(whole(50, 60_000), 2000),
  fall: z._default(whole(1, 20), 3),
  rise: z._default(whole(1, 20), 3),
});

const vantageTable = table({
  id: id(),
  region: oneOf(REGIONS),
  /** None: the vantage counts as sighted. */
  witnesses: z._default(list(url(), 'a list of at most 4 URLs', 0, 4), []),
});

const checkTable = table({
  kind: oneOf(CHECK_KINDS),
  port: z.optional(whole(1, 65_535)),
  url: z.optional(url()),
  expect_status: z.optional(z.union([status(), list(status(), STATUS_MUST, 1, 32)], STATUS_MUST)),
  expect_body: z.optional(text(256)),
  critical: z._default(flag(), true),
});

const serverTable = table({
  id: id(),
  name: z.optional(text(64)),
  address: text(253),
  region: z.optional(text(32)),
  /** 0 is not configured but said: a server that resigns. */
  priority: z._default(whole(1, 254), 100),
  weight: z._default(whole(1, 1000), 100),
  preset: z.optional(oneOf(PRESETS)),
  check: tables(checkTable, 'server.check', 8),
});

const dampingTable = table({ half_life_s: z._default(seconds(1, DAY_S), 300), max_s: z._default(seconds(0, DAY_S), 900) });

const drillTable = table({
  cron: z.string(CRON_MUST).check(z.refine(isCron, CRON_MUST)),
  timezone: z._default(text(64).check(z.refine(isTimezone, 'a time zone of the IANA list, like "Europe/Berlin" or "UTC"')), 'UTC'),
  duration_s: z._default(seconds(1, 3600), 60),
});

const share = (must = 'a share from 0 to 1, like 0.1 for 10 %') => z.number(must).check(z.minimum(0, must), z.maximum(1, must));

/** When a path that is alive but bad loses its place. Left out: never. */
const qualityTable = table({
  max_loss: z.optional(share()),
  max_rtt_ms: z.optional(whole(1, 60_000)),
  window_s: z._default(seconds(1, 3600), 30),
  margin_loss: z._default(share(), 0.02),
  margin_rtt_ms: z._default(whole(0, 60_000), 20),
  margin_ratio: z._default(share(), 0.2),
});

const siteTable = table({
  id: id(),
  name: z.optional(text(64)),
  /** Not `id()`: what is no id is no server either, and "no such server" is the better message. */
  servers: list(z.string('the id of a server'), 'a list of 1–16 ids of servers', 1, 16),
  policy: z._default(oneOf(['priority', 'weighted']), 'priority'),
  preempt: z._default(flag(), true),
  preempt_delay_s: z._default(seconds(0, DAY_S), 60),
  failback_stages: z._default(list(whole(1, 100), 'a list of 1–10 percents', 1, 10), [10, 50, 100]),
  stage_soak_s: z._default(seconds(0, DAY_S), 60),
  drain_timeout_s: z._default(seconds(0, DAY_S), 1800),
  trust_outside: z._default(flag(), false),
  lease_s: z._default(seconds(1, DAY_S), 180),
  damping: z.prefault(dampingTable, {}),
  quality: z.optional(qualityTable),
  drill: z.optional(drillTable),
});

const NOTIFY_MUST = `a URL of one of the channels ${NOTIFY_SCHEMES.map((scheme) => `${scheme}://`).join(', ')}`;

const notifyTable = table({
  url: text(1024).check(z.refine((value) => NOTIFY_SCHEMES.some((scheme) => value.startsWith(`${scheme}://`)), NOTIFY_MUST)),
  events: z._default(list(oneOf(NOTIFY_EVENTS), 'a list of 1–8 events', 1, NOTIFY_EVENTS.length), [...NOTIFY_EVENTS]),
});

/** A name that is not given is the id. */
function named<T extends { id: string; name?: string | undefined }>(row: T): T & { name: string } {
  return { ...row, name: row.name ?? row.id };
}

export const fleetSchema = table({
  fleet: fleetTable,
  probing: z.prefault(probingTable, {}),
  vantage: tables(vantageTable, 'vantage', 16),
  server: tables(z.pipe(serverTable, z.transform(named)), 'server', MAX_SERVERS),
  site: tables(z.pipe(siteTable, z.transform(named)), 'site', MAX_SITES),
  notify: tables(notifyTable, 'notify', 16),
});
export type Fleet = z.output<typeof fleetSchema>;
export type Vantage = Fleet['vantage'][number];
export type Server = Fleet['server'][number];
export type Check = Server['check'][number];
export type Site = Fleet['site'][number];

/** Rows of which any key may be missing. */
function drafts<T extends z.ZodMiniObject>(row: T) {
  return z._default(z.array(z.partial(row)), []);
}

/**
 * The same with every key optional and holes in lists: what is left of a file after its wrong values were taken out, so that check.ts can say what
 * else is wrong with it in the same answer. A key that was taken out counts as left out. A `Fleet` is a `Draft`.
 */
export const draftSchema = z.object({
  probing: z.prefault(z.partial(probingTable), {}),
  vantage: drafts(z.extend(vantageTable, { witnesses: z.array(z.optional(z.string())) })),
  server: drafts(z.extend(serverTable, { check: drafts(z.extend(checkTable, { expect_status: z.unknown() })) })),
  site: drafts(
    z.extend(siteTable, {
      servers: z.array(z.optional(z.string())),
      failback_stages: z.array(z.optional(z.number())),
      damping: z.partial(dampingTable),
      drill: z.partial(drillTable),
      quality: z.partial(qualityTable),
    }),
  ),
});
export type Draft = z.output<typeof draftSchema>;

/** The keys that a table may have, by the table's place: `server.check`. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(fleetSchema.shape),
  fleet: Object.keys(fleetTable.shape),
  probing: Object.keys(probingTable.shape),
  vantage: Object.keys(vantageTable.shape),
  server: Object.keys(serverTable.shape),
  'server.check': Object.keys(checkTable.shape),
  site: Object.keys(siteTable.shape),
  'site.damping': Object.keys(dampingTable.shape),
  'site.quality': Object.keys(qualityTable.shape),
  'site.drill': Object.keys(drillTable.shape),
  notify: Object.keys(notifyTable.shape),
};
