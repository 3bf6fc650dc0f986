import * as z from 'zod';
import { idSchema } from '../protocol/ids.ts';
import { futureSchema, timeSchema } from './time.ts';

/* What people and scripts send, beside the fleet file and the agent's report. Unknown keys are refused: a misspelt `until` must not mean "for ever". */

/** A control without arguments. */
export const emptySchema = z.strictObject({});

/** Without `until` the pin stays until it is taken away. */
export const pinSchema = z.strictObject({ server: idSchema, until: futureSchema.nullish() });

/** Without `from` it begins now. */
export const maintenanceSchema = z
  .strictObject({ from: timeSchema.nullish(), until: futureSchema })
  .refine(({ from, until }) => (from ?? 0) < until, { path: ['until'], message: 'until must be after from' });

export const rollbackSchema = z.strictObject({ version: z.int().min(1) });

/** Without `channel`: all of them. */
export const notifyTestSchema = z.strictObject({ channel: z.int().min(0).nullish() });
