import * as z from 'zod/mini';
import { directiveSchema } from '../worker/protocol/directive.ts';
import { problemSchema, reportSchema } from '../worker/protocol/report.ts';

/** What `status --json` prints and the running agent answers on its socket. */
export const agentStatusSchema = z.object({
  version: z.string(),
  site: z.string(),
  instance: z.string(),
  pid: z.int(),
  upMs: z.number(),
  edge: z.object({ url: z.string(), reached: z.boolean(), heardAgoMs: z.nullable(z.number()), message: z.string(), alone: z.boolean() }),
  epoch: z.int(),
  applied: z.int(),
  directive: z.nullable(directiveSchema),
  manual: z.nullable(z.string()),
  /** Cuts that the agent made by itself since its start, and the last one. */
  cuts: z.int(),
  lastCut: reportSchema.shape.lastCut,
  carrying: z.nullable(z.string()),
  /** Why that one, in a sentence. */
  why: z.string(),
  paths: z.array(
    z.object({
      server: z.string(),
      device: z.nullable(z.string()),
      alive: z.nullable(z.boolean()),
      latched: z.boolean(),
      /** Percent of new flows. */
      weight: z.number(),
      /** Connections that the kernel knows on it; null: it was not asked, or did not say. */
      flows: z.nullable(z.int()),
      rttMs: z.nullable(z.number()),
      loss: z.number(),
      heardAgoMs: z.nullable(z.number()),
    }),
  ),
  /** Each server by each WAN; empty where WANs are not told apart. */
  wans: z.array(
    z.object({
      wan: z.string(),
      server: z.string(),
      alive: z.boolean(),
      /** The tunnel leaves by this one. */
      bound: z.boolean(),
      rttMs: z.nullable(z.number()),
      loss: z.number(),
    }),
  ),
  /** Null: no WAN has a role. Counters are the kernel's, since it booted. */
  mptcp: z.nullable(
    z.object({
      connections: z.int(),
      retransmissions: z.int(),
      stale: z.int(),
      recovered: z.int(),
      endpoints: z.array(z.object({ device: z.string(), address: z.string(), backup: z.boolean(), alive: z.nullable(z.boolean()) })),
      /** Null: the kernel was not asked, or did not say. */
      subflows: z.nullable(
        z.array(
          z.object({
            device: z.string(),
            peer: z.string(),
            backup: z.boolean(),
            rttMs: z.nullable(z.number()),
            /** Segments sent again since it began. */
            retransmissions: z.int(),
          }),
        ),
      ),
    }),
  ),
  problems: z.array(problemSchema),
});
export type AgentStatus = z.infer<typeof agentStatusSchema>;

export const controlRequestSchema = z.discriminatedUnion('cmd', [
  z.strictObject({ cmd: z.literal('status') }),
  z.strictObject({ cmd: z.literal('switch'), server: z.string().check(z.maxLength(64)) }),
]);
export type ControlRequest = z.infer<typeof controlRequestSchema>;

export const switchAnswerSchema = z.object({ ok: z.boolean(), message: z.string() });
