import * as z from 'zod/mini';
import { emptyFleet, type FleetRules, type FleetServerState, type FleetState, healthOf } from '../engine/fleet.ts';
import type { Fleet } from '../fleet-file/schema.ts';
import { HEALTHS, type Health } from '../protocol/health.ts';
import type { VantageRound } from './contract.ts';
import { FULL_PACE, type Pace, paced, paceSchema } from './fleet-pace.ts';

/** The configuration in force. */
export interface Config {
  version: number;
  atMs: number;
  fleet: Fleet;
}

/** What a server's row keeps: all but the votes, which are of the vantages. */
const serverSchema: z.ZodMiniType<Omit<FleetServerState, 'votes'>> = z.object({
  verdict: z.enum(['up', 'down', 'unknown']),
  verdictWhy: z.string(),
  maintenance: z.nullable(z.object({ until: z.nullable(z.int()) })),
  health: z.enum(HEALTHS),
  sinceMs: z.int(),
  why: z.string(),
});

/** A maintenance that has not begun yet. */
const plannedSchema = z.object({ fromMs: z.int(), untilMs: z.int() });
export type Planned = z.infer<typeof plannedSchema>;

/** A server that said that it goes down: until it was seen down and healthy again, or for ten minutes. */
const resignedSchema = z.object({ atMs: z.int(), seenDown: z.boolean() });
export type Resigned = z.infer<typeof resignedSchema>;

/** The last round of a vantage's object, and when it was heard. */
const voteSchema = z.object({ vote: z.enum(['up', 'down', 'unknown']), t: z.int(), why: z.string(), latencyMs: z.nullable(z.number()) });
const roundSchema: z.ZodMiniType<VantageRound> = z.object({
  vantage: z.string(),
  shard: z.optional(z.int()),
  revision: z.int(),
  t: z.int(),
  colo: z.nullable(z.string()),
  sighted: z.boolean(),
  votes: z.record(z.string(), voteSchema),
  suspects: z.array(z.string()),
  hung: z.optional(z.int()),
});
const heardSchema = z.object({ atMs: z.int(), round: roundSchema });
export type Heard = z.infer<typeof heardSchema>;

/** One row each. */
export const ROW_SCHEMAS = {
  counter: z.int(),
  server: serverSchema,
  planned: plannedSchema,
  resigned: resignedSchema,
  heard: heardSchema,
  pace: paceSchema,
};

/** All that the Fleet judges by. Plain JSON; replaced as a whole, never changed in place. */
export interface FleetFacts {
  config: Config | null;
  /** Rises with everything that a site or a vantage has to hear. */
  revision: number;
  /** The revision at which the configuration last changed: what the vantages have to have. */
  configRevision: number;
  state: FleetState;
  planned: Record<string, Planned>;
  resigned: Record<string, Resigned>;
  /** By the key of the shard. */
  heard: Record<string, Heard>;
  pace: Pace;
}

export const NO_FACTS: FleetFacts = {
  config: null,
  revision: 0,
  configRevision: 0,
  state: emptyFleet(),
  planned: {},
  resigned: {},
  heard: {},
  pace: FULL_PACE,
};

/** Every server's health. */
export function healthsOf({ config, state }: FleetFacts): Record<string, Health> {
  return Object.fromEntries((config?.fleet.server ?? []).map(({ id }) => [id, healthOf(state, id).health]));
}

/** How this fleet judges. Without a configuration there is nothing to judge. */
export function rulesOf(config: Config, pace: Pace): FleetRules {
  return { probing: paced(config.fleet, pace.patience), servers: config.fleet.server.map(({ id }) => id) };
}
