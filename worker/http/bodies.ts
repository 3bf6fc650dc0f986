import * as z from 'zod/mini';
import { idSchema } from '../protocol/ids.ts';
import { countSchema } from '../protocol/numbers.ts';
import { futureSchema, timeSchema } from './time.ts';

/* What people and scripts send, beside the fleet file and the agent's report. Unknown keys are refused: a misspelt `until` must not mean "for ever". */

/** A control without arguments. */
export const emptySchema = z.strictObject({});

/** Without `until` the pin stays until it is taken away. */
export const pinSchema = z.strictObject({ server: idSchema, until: z.nullish(futureSchema) });

/** Without `from` it begins now. */
export const maintenanceSchema = z
  .strictObject({ from: z.nullish(timeSchema), until: futureSchema })
  .check(z.refine(({ from, until }) => (from ?? 0) < until, { path: ['until'], message: 'until must be after from' }));

export const rollbackSchema = z.strictObject({ version: z.int().check(z.minimum(1)) });

/** Without `channel`: all of them. */
export const notifyTestSchema = z.strictObject({ channel: z.nullish(countSchema) });
