import * as z from 'zod/mini';
import { directiveSchema } from '../worker/protocol/directive.ts';
import { idSchema } from '../worker/protocol/ids.ts';
import { countSchema } from '../worker/protocol/numbers.ts';

/** What must survive a restart. Everything else is read from the kernel or heard again. */
export const stateSchema = z.strictObject({
  version: z.literal(1),
  site: idSchema,
  /** Every report's `seq` so far is below this; numbers are reserved in blocks, so that a report costs no write. */
  seqCeiling: countSchema,
  /** The highest epoch ever accepted: it never goes back, whatever becomes of the directive. */
  epoch: countSchema,
  directive: z.nullable(directiveSchema),
  /** A `switch` by hand: holds until a directive with a higher epoch than this comes. */
  manual: z.nullable(z.strictObject({ server: idSchema, epoch: countSchema })),
  /** Server → the `seq` of the report that announced the cut. */
  latches: z.record(idSchema, countSchema),
  /** Kernel settings that the agent changed, with what they were: path below /proc/sys → old value. */
  sysctl: z.record(z.string(), z.string()),
  /** MPTCP's limits as they were before the agent raised them; absent: it did not. */
  mptcpLimits: z.optional(z.strictObject({ subflows: countSchema, addAddrAccepted: countSchema })),
});
export type AgentState = z.infer<typeof stateSchema>;

/**
 * A state that knows nothing but, perhaps, the epoch that was reached. Its numbers start at the wall clock's seconds: should an older state be lost, they still rise, because an
 * agent reports far less than once a second.
 */
export function emptyState(site: string, wallMs: number, epoch = 0): AgentState {
  return {
    version: 1,
    site,
    seqCeiling: Math.max(0, Math.floor(wallMs / 1000)),
    epoch,
    directive: null,
    manual: null,
    latches: {},
    sysctl: {},
  };
}
