import * as z from 'zod/mini';
import { fleetSchema } from '../../fleet-file/schema.ts';
import type { ChannelReport, ChannelTest, FleetVersion, PutFleetResult, TokenRow } from '../../objects/contract.ts';
import { directiveSchema } from '../../protocol/directive.ts';
import { serverHistorySchema } from '../../protocol/history.ts';
import { reportSchema } from '../../protocol/report.ts';
import { incidentSchema, serverStatusSchema, siteStatusSchema, statusSchema, timelineEntrySchema } from '../../protocol/status.ts';
import { emptySchema, maintenanceSchema, notifyTestSchema, pinSchema, rollbackSchema } from '../bodies.ts';

const time = z.iso.datetime();

const fieldErrorSchema = z.object({ path: z.string(), message: z.string() });

const tokenRowSchema: z.ZodMiniType<TokenRow> = z.object({ id: z.string(), createdAt: time, lastUsedAt: z.nullable(time) });

const versionSchema: z.ZodMiniType<FleetVersion> = z.object({ version: z.int(), at: time, note: z.string() });

const putResultSchema: z.ZodMiniType<PutFleetResult> = z.object({
  version: z.int(),
  diff: z.array(z.object({ path: z.string(), from: z.optional(z.unknown()), to: z.optional(z.unknown()) })),
  warnings: z.array(z.string()),
});

const channelSchema: z.ZodMiniType<ChannelReport> = z.object({
  channel: z.int(),
  scheme: z.string(),
  events: z.array(z.string()),
  state: z.enum(['ok', 'retrying', 'broken', 'blocked']),
  problem: z.nullable(z.string()),
  since: z.nullable(time),
  waiting: z.int(),
  attempts: z.int(),
  nextTryAt: z.nullable(time),
  deliveredAt: z.nullable(time),
  dropped: z.int(),
});

const channelTestSchema: z.ZodMiniType<ChannelTest> = z.object({
  channel: z.int(),
  scheme: z.string(),
  ok: z.boolean(),
  status: z.nullable(z.int()),
  reason: z.nullable(z.string()),
});

const page = z.object({ id: z.string(), name: z.string(), url: z.url(), time_zone: z.string(), updated_at: time });
const component = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance']),
  created_at: time,
  updated_at: time,
  position: z.int(),
  description: z.nullable(z.string()),
  showcase: z.boolean(),
  start_date: z.nullable(z.string()),
  group_id: z.nullable(z.string()),
  page_id: z.string(),
  group: z.boolean(),
  only_show_if_degraded: z.boolean(),
});
const update = z.object({
  id: z.string(),
  status: z.string(),
  body: z.string(),
  incident_id: z.string(),
  created_at: time,
  updated_at: time,
  display_at: time,
  affected_components: z.nullable(
    z.array(z.object({ code: z.string(), name: z.string(), old_status: z.string(), new_status: z.string() })),
  ),
  deliver_notifications: z.boolean(),
  custom_tweet: z.null(),
  tweet_id: z.null(),
});
const event = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['investigating', 'identified', 'monitoring', 'resolved', 'scheduled', 'in_progress', 'verifying', 'completed']),
  created_at: time,
  updated_at: time,
  monitoring_at: z.nullable(time),
  resolved_at: z.nullable(time),
  impact: z.enum(['none', 'minor', 'major', 'critical', 'maintenance']),
  shortlink: z.string(),
  started_at: time,
  page_id: z.string(),
  incident_updates: z.array(update),
  components: z.array(component),
  reminder_intervals: z.null(),
});
const statuspage = {
  components: z.array(component),
  incidents: z.array(event),
  scheduled_maintenances: z.array(z.extend(event, { scheduled_for: time, scheduled_until: z.nullable(time) })),
  status: z.object({ indicator: z.enum(['none', 'minor', 'major', 'critical', 'maintenance']), description: z.string() }),
};

/** What is sent: as it comes in, before defaults are filled in. */
export const SENT = {
  Empty: emptySchema,
  FleetFile: fleetSchema,
  Maintenance: maintenanceSchema,
  NotifyTest: notifyTestSchema,
  Pin: pinSchema,
  Report: reportSchema,
  Rollback: rollbackSchema,
};

/** What is answered. */
export const ANSWERED = {
  Badge: z.object({
    schemaVersion: z.literal(1),
    label: z.string(),
    message: z.string(),
    color: z.string(),
    isError: z.boolean(),
    cacheSeconds: z.int(),
  }),
  Channels: z.object({ channels: z.array(channelSchema) }),
  ChannelTests: z.object({ results: z.array(channelTestSchema) }),
  Components: z.object({ page, components: statuspage.components }),
  Directive: directiveSchema,
  Echo: z.object({ address: z.nullable(z.string()) }),
  Fleet: fleetSchema,
  FleetPut: putResultSchema,
  Health: z.looseObject({ status: z.enum(['pass', 'warn', 'fail']), serviceId: z.string() }),
  Incidents: z.object({ at: time, incidents: z.array(incidentSchema) }),
  IncidentsV2: z.object({ page, incidents: statuspage.incidents }),
  Maintenances: z.object({ page, scheduled_maintenances: statuspage.scheduled_maintenances }),
  NewToken: z.object({ id: z.string(), token: z.string() }),
  OpenApi: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
  Problem: z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.optional(z.string()),
    errors: z.optional(z.array(fieldErrorSchema)),
  }),
  Server: z.extend(serverStatusSchema, serverHistorySchema.shape),
  Site: siteStatusSchema,
  Status: statusSchema,
  StatusV2: z.object({ page, status: statuspage.status }),
  Summary: z.object({ page, ...statuspage }),
  Timeline: z.object({ at: time, timeline: z.array(timelineEntrySchema) }),
  Tokens: z.object({ tokens: z.array(tokenRowSchema) }),
  Versions: z.object({ versions: z.array(versionSchema) }),
};
export type SchemaName = keyof typeof SENT | keyof typeof ANSWERED;
