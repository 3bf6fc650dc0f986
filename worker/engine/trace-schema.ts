import * as z from 'zod/mini';
import { mayBeKey } from '../protocol/ids.ts';
import { MAX_EPOCH } from '../protocol/report.ts';
import { MAX_REASON_LENGTH, MAX_WAN_LENGTH } from './trace-scan.ts';

const T_MUST = 'must be a whole number of milliseconds, from 0 to 2^53 - 1';
const ID_MUST = 'must be an id of 1 to 32 characters';
const CHECK_MUST = "must be a check's place in the fleet file, counted from 0";
const NUMBER_MUST = 'must be a number of milliseconds, 0 or more';
const LOSS_MUST = 'must be a number from 0 to 1';
const APPLIED_MUST = 'must be a whole number, from 0 to 2^48';
const BOOLEAN_MUST = 'must be true or false';
const REASON_MUST = `must be a text of at most ${MAX_REASON_LENGTH} characters`;
const WAN_MUST = `must be the name of a network device, at most ${MAX_WAN_LENGTH} characters`;

const t = z.int(T_MUST).check(z.minimum(0, T_MUST));
const id = z.string(ID_MUST).check(z.minLength(1, ID_MUST), z.maxLength(32, ID_MUST));
const ok = z.boolean(BOOLEAN_MUST);
const ms = z.number(NUMBER_MUST).check(z.minimum(0, NUMBER_MUST));

/** WANs are keys of the judge's state. */
const wan = z.string(WAN_MUST).check(z.maxLength(MAX_WAN_LENGTH, WAN_MUST), z.refine(mayBeKey, WAN_MUST));

/** A key that may be absent; null is as good. */
function optional<T>(schema: z.ZodMiniType<T>) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? undefined),
  );
}

/** One line of a trace, by its form alone: INTERFACE, "Replay". Unknown keys are errors. */
export const lineSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      t,
      type: z.literal('probe'),
      vantage: id,
      server: id,
      check: z.int(CHECK_MUST).check(z.minimum(0, CHECK_MUST), z.maximum(63, CHECK_MUST)),
      ok,
      reason: optional(z.string(REASON_MUST).check(z.maxLength(MAX_REASON_LENGTH, REASON_MUST))),
      ms: optional(ms),
    }),
    z.strictObject({ t, type: z.literal('witness'), vantage: id, ok }),
    z.strictObject({
      t,
      type: z.literal('path'),
      site: id,
      server: id,
      wan: optional(wan),
      alive: z.boolean(BOOLEAN_MUST),
      rttMs: optional(ms),
      loss: optional(z.number(LOSS_MUST).check(z.minimum(0, LOSS_MUST), z.maximum(1, LOSS_MUST))),
    }),
    z.strictObject({
      t,
      type: z.literal('poll'),
      site: id,
      applied: z.int(APPLIED_MUST).check(z.minimum(0, APPLIED_MUST), z.maximum(MAX_EPOCH, APPLIED_MUST)),
    }),
    z.strictObject({ t, type: z.literal('pin'), site: id, server: id, until: optional(t) }),
    z.strictObject({ t, type: z.literal('unpin'), site: id }),
    z.strictObject({ t, type: z.literal('drill'), site: id }),
    z.strictObject({ t, type: z.literal('resign'), server: id }),
    z.strictObject({ t, type: z.literal('maintenance'), server: id, until: optional(t) }),
    z.strictObject({ t, type: z.literal('maintenance-end'), server: id }),
    z.strictObject({ t, type: z.literal('end') }),
  ],
  'must be probe, witness, path, poll, pin, unpin, drill, resign, maintenance, maintenance-end or end',
);

/** What is wrong first, in words: `KEY: what it must be, and what it is`. */
export function sentenceOf(error: z.core.$ZodError, json: unknown): string {
  const issue = error.issues[0];
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return `must be a JSON object, and is ${described(json)}`;
  if (issue?.code === 'unrecognized_keys') return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
  const key = String(issue?.path[0] ?? '');
  if (!Object.hasOwn(json, key)) return `${key}: is missing; it ${issue?.message}`;
  return `${key}: ${issue?.message}, and is ${described((json as Record<string, unknown>)[key])}`;
}

function described(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
