import * as z from 'zod/mini';
import { idSchema, mayBeKey } from './ids.ts';
import { countSchema } from './numbers.ts';

/** Reports name at most this many paths (WANs × tunnels). */
export const MAX_PATHS = 64;

/** Reports say of at most this many WANs what MPTCP makes of them. */
export const MAX_MPTCP_WANS = 8;

/** Leaves room for the edge to jump above any epoch that an agent can claim, and still count exactly. */
export const MAX_EPOCH = 2 ** 48;

/** Paths are kept by it. */
const wanSchema = z.string().check(z.maxLength(32), z.refine(mayBeKey, 'this is no name of a network device'));

/** One path (one WAN × one tunnel) as the agent's heartbeats know it. */
export const pathSchema = z.object({
  server: idSchema,
  wan: z.optional(wanSchema),
  alive: z.boolean(),
  /** Smoothed round-trip time in milliseconds, the last known; absent before the first answer. */
  rttMs: z.nullish(z.number().check(z.minimum(0), z.maximum(600_000))),
  /** Share of heartbeats lost, 0–1. */
  loss: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
});

/** What the router's MPTCP connections (tunnels over TCP) make of one WAN. */
export const mptcpWanSchema = z.object({
  wan: wanSchema,
  /** It carries only while no other does: by its role, or because it is dead. */
  backup: z.boolean(),
  /** TCP connections by this WAN that are established now, as parts of MPTCP ones. */
  subflows: countSchema,
  /** Segments that those have sent again since each began. */
  retransmissions: countSchema,
});
export type MptcpWanReport = z.infer<typeof mptcpWanSchema>;

/** Before the server's id, the `kind` of a problem: what goes through that tunnel comes out wrong or not at all, and no traffic may move there. */
export const WRONG_EXIT = 'exit-';

/** What the agent could not or would not do, so that people see it on the page. */
export const problemSchema = z.object({
  kind: z.string().check(z.maxLength(64)),
  /** The epoch of the directive that was refused, where one was. */
  epoch: z.optional(countSchema),
  message: z.string().check(z.maxLength(500)),
});
export type AgentProblem = z.infer<typeof problemSchema>;

/**
 * The body of `POST /agent/v1/poll`. It carries the state of all paths of the site. Keys that are not known here are passed over: an agent that is
 * newer than its edge is heard all the same.
 */
export const reportSchema = z.object({
  site: idSchema,
  /** Random per start of an agent: two agents of one site are told apart by it. */
  instance: z.string().check(z.minLength(1), z.maxLength(64)),
  version: z.string().check(z.minLength(1), z.maxLength(32)),
  /** Rises with every report of a site, over restarts too (it is kept in the state file). */
  seq: countSchema,
  /** The epoch that the agent applied; 0: none yet. */
  applied: countSchema.check(z.maximum(MAX_EPOCH)),
  paths: z.array(pathSchema).check(z.maxLength(MAX_PATHS)),
  /** The server that carries most new flows now, by the agent's own `live` map. */
  carrying: z.optional(idSchema),
  /** Servers whose paths are latched dead by a local cut. */
  latched: z.optional(z.array(idSchema).check(z.maxLength(MAX_PATHS))),
  /** Client-visible length of the last local cut in milliseconds: last byte heard on the old path → rules in place. */
  lastCut: z.optional(
    z.object({
      from: idSchema,
      to: idSchema,
      at: z.int(),
      silenceMs: z.number().check(z.minimum(0)),
      applyMs: z.number().check(z.minimum(0)),
    }),
  ),
  /** Only where a WAN has a role for MPTCP. */
  mptcp: z.optional(z.array(mptcpWanSchema).check(z.maxLength(MAX_MPTCP_WANS))),
  problems: z.optional(z.array(problemSchema).check(z.maxLength(16))),
});
export type Report = z.infer<typeof reportSchema>;
