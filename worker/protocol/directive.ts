import * as z from 'zod/mini';
import { BLAMES, MODES } from './health.ts';
import { idSchema } from './ids.ts';
import { countSchema } from './numbers.ts';

/**
 * What the edge asks of one router. It can only choose among tunnels that the router's own file names:
 * there is no address and no command in it.
 */
export const directiveSchema = z.strictObject({
  /** Rises with every change and never falls; the agent keeps the highest and refuses lower. */
  epoch: z.int().check(z.minimum(1)),
  /** The last report's `seq` that the edge had seen when it decided: a latch of a later cut stays. */
  basis: countSchema,
  /** How long the agent may take the edge's silence for consent, in milliseconds. */
  leaseMs: z.int().check(z.minimum(1000), z.maximum(86_400_000)),
  mode: z.enum(MODES),
  /** The server with the most weight. */
  active: idSchema,
  weights: z
    .record(idSchema, countSchema.check(z.maximum(100)))
    .check(z.refine((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) === 100, 'weights must sum to 100')),
  blame: z.optional(z.enum(BLAMES)),
  why: z.string().check(z.maxLength(1000)),
});
export type Directive = z.infer<typeof directiveSchema>;
