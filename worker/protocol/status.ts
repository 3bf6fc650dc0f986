import * as z from 'zod/mini';
import { BLAMES, HEALTHS, MODES } from './health.ts';

/**
 * The public picture of a fleet: what `/api/v1/status` answers and the page shows. It is an allow-list: addresses, tokens, notification
 * URLs and other private configuration are not in it and so cannot leak through it. Times are RFC 3339 strings (UTC).
 */
const time = z.iso.datetime();

export const serverStatusSchema = z.object({
  id: z.string(),
  name: z.string(),
  region: z.nullable(z.string()),
  health: z.enum(HEALTHS),
  since: time,
  why: z.string(),
  /** One entry a vantage: its vote, the latest probe's latency, whether it is sighted. */
  votes: z.array(
    z.object({
      vantage: z.string(),
      vote: z.enum(['up', 'down', 'unknown']),
      latencyMs: z.nullable(z.number()),
      at: z.nullable(time),
      why: z.string(),
    }),
  ),
});
export type ServerStatus = z.infer<typeof serverStatusSchema>;

export const siteStatusSchema = z.object({
  id: z.string(),
  name: z.string(),
  active: z.nullable(z.string()),
  weights: z.record(z.string(), z.number()),
  epoch: z.number(),
  /** The epoch that the agent says it applied; null before its first report. */
  applied: z.nullable(z.number()),
  mode: z.nullable(z.enum(MODES)),
  blame: z.enum(BLAMES),
  why: z.string(),
  /** When the latest directive was issued; null before the first. */
  since: z.nullable(time),
  pin: z.nullable(z.object({ server: z.string(), until: z.nullable(time) })),
  agent: z.object({ online: z.boolean(), since: z.nullable(time), version: z.nullable(z.string()), problems: z.array(z.string()) }),
  paths: z.array(
    z.object({
      server: z.string(),
      wan: z.nullable(z.string()),
      alive: z.boolean(),
      rttMs: z.nullable(z.number()),
      loss: z.nullable(z.number()),
    }),
  ),
  /** What MPTCP makes of each WAN; absent: no WAN has a role for it. The counts are readings, such as round trips: of when the site last had news. */
  mptcp: z.optional(z.array(z.object({ wan: z.string(), backup: z.boolean(), subflows: z.number(), retransmissions: z.number() }))),
});
export type SiteStatus = z.infer<typeof siteStatusSchema>;

export const vantageStatusSchema = z.object({
  id: z.string(),
  region: z.string(),
  /** The data centre that the object really runs in, once known. */
  colo: z.nullable(z.string()),
  sighted: z.boolean(),
  at: z.nullable(time),
  /** Connects that were given up and still hang, up to 512 an object, where it begins no more; absent: none. */
  hung: z.optional(z.number()),
});
export type VantageStatus = z.infer<typeof vantageStatusSchema>;

export const incidentSchema = z.object({
  id: z.string(),
  server: z.optional(z.string()),
  site: z.optional(z.string()),
  startedAt: time,
  endedAt: z.nullable(time),
  why: z.string(),
});
export type Incident = z.infer<typeof incidentSchema>;

export const TIMELINE_KINDS = [
  'health',
  'switch',
  'failback',
  'hold',
  'measured',
  'agent.online',
  'agent.offline',
  'agent.problem',
  'pin',
  'unpin',
  'maintenance',
  'drill',
  'resign',
  'config',
] as const;

export const timelineEntrySchema = z.object({
  /** Unique and stable: the same fact told twice is one entry. */
  id: z.string(),
  at: time,
  kind: z.enum(TIMELINE_KINDS),
  why: z.string(),
  server: z.optional(z.string()),
  site: z.optional(z.string()),
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  epoch: z.optional(z.number()),
  mode: z.optional(z.enum(MODES)),
  blame: z.optional(z.enum(BLAMES)),
  weights: z.optional(z.record(z.string(), z.number())),
  /** `measured` only: how long traffic was away, as the agent measured it, in milliseconds. */
  outageMs: z.optional(z.number()),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export const statusSchema = z.object({
  /** When this picture was taken. It changes at every read and is not part of the ETag. */
  at: time,
  fleet: z.object({ name: z.string(), version: z.number() }),
  servers: z.array(serverStatusSchema),
  sites: z.array(siteStatusSchema),
  vantages: z.array(vantageStatusSchema),
  /** Windows that are under way or planned; `until` null: until it is called off. */
  maintenance: z.array(z.object({ server: z.string(), from: time, until: z.nullable(time) })),
  /** How much of its plan's daily limits the fleet has used; absent where nobody counts (the paid plan, one's own machine). */
  budget: z.optional(
    z.object({
      /** 0–1, and more when a limit is exceeded. */
      used: z.record(z.string(), z.number()),
      /** Probing is so much slower than configured, so that the limits last the day; 1: it is not. */
      slowdown: z.number(),
      why: z.nullable(z.string()),
    }),
  ),
  /** Open ones first, then the latest ended, at most 50. */
  incidents: z.array(incidentSchema),
  /** Newest first, at most 100. */
  timeline: z.array(timelineEntrySchema),
});
export type Status = z.infer<typeof statusSchema>;

/** What tells how the monitor itself is: small, however many sites there are. */
export type Vitals = Pick<Status, 'fleet' | 'vantages'>;
