import * as z from 'zod';
import { idSchema } from './ids.ts';

/** Reports name at most this many paths (WANs × tunnels). */
export const MAX_PATHS = 64;

/** Leaves room for the edge to jump above any epoch that an agent can claim, and still count exactly. */
export const MAX_EPOCH = 2 ** 48;

/** One path (one WAN × one tunnel) as the agent's heartbeats know it. */
export const pathSchema = z.object({
  server: idSchema,
  wan: z.string().max(32).optional(),
  alive: z.boolean(),
  /** Smoothed round-trip time in milliseconds, the last known; absent before the first answer. */
  rttMs: z.number().min(0).max(600_000).nullish(),
  /** Share of heartbeats lost, 0–1. */
  loss: z.number().min(0).max(1).optional(),
});
export type PathReport = z.infer<typeof pathSchema>;

/** What the agent could not or would not do, so that people see it on the page. */
export const problemSchema = z.object({
  kind: z.string().max(64),
  /** The epoch of the directive that was refused, where one was. */
  epoch: z.int().min(0).optional(),
  message: z.string().max(500),
});
export type AgentProblem = z.infer<typeof problemSchema>;

/**
 * The body of `POST /agent/v1/poll`. It carries the state of all paths of the site. Keys that are not known here are passed over: an agent that is
 * newer than its edge is heard all the same.
 */
export const reportSchema = z.object({
  site: idSchema,
  /** Random per start of an agent: two agents of one site are told apart by it. */
  instance: z.string().min(1).max(64),
  version: z.string().min(1).max(32),
  /** Rises with every report of a site, over restarts too (it is kept in the state file). */
  seq: z.int().min(0),
  /** The epoch that the agent applied; 0: none yet. */
  applied: z.int().min(0).max(MAX_EPOCH),
  paths: z.array(pathSchema).max(MAX_PATHS),
  /** The server that carries most new flows now, by the agent's own `live` map. */
  carrying: idSchema.optional(),
  /** Servers whose paths are latched dead by a local cut. */
  latched: z.array(idSchema).max(MAX_PATHS).optional(),
  /** Client-visible length of the last local cut in milliseconds: last byte heard on the old path → rules in place. */
  lastCut: z.object({ from: idSchema, to: idSchema, at: z.int(), silenceMs: z.number().min(0), applyMs: z.number().min(0) }).optional(),
  problems: z.array(problemSchema).max(16).optional(),
});
export type Report = z.infer<typeof reportSchema>;
