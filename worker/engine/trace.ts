import * as z from 'zod';
import type { Event, Rules } from './step.ts';
import type { Ms } from './types.ts';

const t = z.int().min(0);
const id = z.string().min(1).max(32);
const until = t.optional();

const lineSchema = z.discriminatedUnion('type', [
  z.strictObject({
    t,
    type: z.literal('probe'),
    vantage: id,
    server: id,
    check: z.int().min(0).max(63),
    ok: z.boolean(),
    reason: z.string().max(200).optional(),
    ms: z.number().min(0).optional(),
  }),
  z.strictObject({ t, type: z.literal('witness'), vantage: id, ok: z.boolean() }),
  z.strictObject({
    t,
    type: z.literal('path'),
    site: id,
    server: id,
    wan: z.string().max(32).optional(),
    alive: z.boolean(),
    rttMs: z.number().min(0).optional(),
    loss: z.number().min(0).max(1).optional(),
  }),
  z.strictObject({ t, type: z.literal('poll'), site: id, applied: z.int().min(0) }),
  z.strictObject({ t, type: z.literal('pin'), site: id, server: id, until }),
  z.strictObject({ t, type: z.literal('unpin'), site: id }),
  z.strictObject({ t, type: z.literal('drill'), site: id }),
  z.strictObject({ t, type: z.literal('resign'), server: id }),
  z.strictObject({ t, type: z.literal('maintenance'), server: id, until }),
  z.strictObject({ t, type: z.literal('maintenance-end'), server: id }),
  z.strictObject({ t, type: z.literal('end') }),
]);

export type TraceLine = { ok: true; t: Ms; event: Event } | { ok: false; error: string };

/** Reads one line of a trace against the fleet that it speaks of. Never throws: what is wrong comes back as a sentence. */
export function readTraceLine(text: string, rules: Rules): TraceLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return { ok: false, error: `not JSON: ${(cause as Error).message}` };
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return { ok: false, error: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'not a trace line'}` };
  }
  const { t: at, ...event } = parsed.data;
  const stranger = unknownName(event, rules);
  return stranger === null ? { ok: true, t: at, event } : { ok: false, error: stranger };
}

function unknownName(event: Event, rules: Rules): string | null {
  if ('vantage' in event && !rules.vantages.includes(event.vantage)) return `vantage: "${event.vantage}" is not in the fleet file`;
  if ('server' in event && !Object.hasOwn(rules.servers, event.server)) return `server: "${event.server}" is not in the fleet file`;
  if (event.type === 'probe' && event.check >= (rules.servers[event.server]?.critical.length ?? 0))
    return `check: server "${event.server}" has no check ${event.check}`;
  if (!('site' in event)) return null;
  const site = rules.sites.find((candidate) => candidate.id === event.site);
  if (site === undefined) return `site: "${event.site}" is not in the fleet file`;
  if ('server' in event && !site.servers.some((server) => server.id === event.server))
    return `server: "${event.server}" is not a server of site "${event.site}"`;
  return null;
}
