import * as z from 'zod/mini';
import type { SiteState } from '../engine/site.ts';
import { emptySite } from '../engine/site.ts';
import type { SiteRules } from '../engine/types.ts';
import { directiveSchema } from '../protocol/directive.ts';
import { countSchema } from '../protocol/numbers.ts';
import { mptcpWanSchema } from '../protocol/report.ts';
import { incidentSchema } from '../protocol/status.ts';
import { steadyMptcp } from '../status/steady.ts';
import type { SiteSnapshot } from './contract.ts';

/** What the site knows of its agent beside the judge's evidence. */
const agentSchema = z.object({
  online: z.boolean(),
  /** When it last came or went; null: never heard. */
  sinceMs: z.nullable(z.int()),
  version: z.nullable(z.string()),
  /** The epoch that it last said it applied; null: never heard. */
  applied: z.nullable(z.int()),
  /** `seq` of the last report. */
  seq: z.int(),
  /** When its last poll ended with no other following: from then on the rows say all that was known of it. Null: it has been heard since. */
  leftMs: z.nullable(z.int()),
  /** `at` of the last cut that it measured, so that one measurement is told once. */
  cutAt: z.nullable(z.int()),
  problems: z.array(z.object({ key: z.string(), text: z.string() })),
  /** What MPTCP makes of each WAN, by the last report. */
  mptcp: z._default(z.array(mptcpWanSchema), []),
  /** `instance` of the last report; null: never heard. */
  speaker: z._default(z.nullable(z.string()), null),
  /** Every `instance` that was heard, the one that started last at the end. */
  instances: z._default(z.array(z.string()), []),
});
export type AgentFacts = z.infer<typeof agentSchema>;

/** A wrong exit's incident, which agent told it last, and since when another one, started later, does not. */
const exitSchema = z.object({ incident: incidentSchema, instance: z.string(), absentMs: z.nullable(z.int()) });

/**
 * Incidents of this site that are open: traffic cannot be helped (`hold`), or has left a server (`cut`) that is not well again, or what goes through a
 * tunnel comes out wrong (`exits`, by the problem's kind).
 */
const openSchema = z.object({
  hold: z.nullable(incidentSchema),
  cut: z.nullable(z.object({ incident: incidentSchema, server: z.string() })),
  exits: z._default(z.record(z.string(), exitSchema), {}),
});
export type OpenIncidents = z.infer<typeof openSchema>;

/** A row that this code wrote; only what would mislead the judge is checked, its other fields get defaults in `reviveState`. */
const storedStateSchema = z.custom<SiteState>(
  (value) =>
    z
      .looseObject({
        epoch: countSchema,
        applied: countSchema,
        servers: z.record(z.string(), z.looseObject({})),
      })
      .safeParse(value).success,
);
const storedSnapshotSchema = z.custom<SiteSnapshot>(
  (value) =>
    z.looseObject({ revision: z.int(), site: z.nullable(z.looseObject({})), health: z.record(z.string(), z.unknown()) }).safeParse(value)
      .success,
);

/** Everything that a site keeps in rows, one row a fact. */
export const factSchemas = {
  snapshot: z.nullable(storedSnapshotSchema),
  state: z.nullable(storedStateSchema),
  /** Why the hold that stands now stands. */
  holdWhy: z.string(),
  directive: z.nullable(directiveSchema),
  open: openSchema,
  agent: agentSchema,
  /** By server: the resignation that the judge has heard, so that it hears each once. */
  resigned: z.record(z.string(), z.int()),
  /** When the next drill starts, and the schedule that says so. */
  drill: z.nullable(z.object({ cron: z.string(), timezone: z.string(), dueMs: z.nullable(z.int()) })),
  /** The picture that the Fleet last took, and its revision. */
  told: z.object({ picture: z.string(), revision: z.int() }),
} as const;

export type SiteFacts = { -readonly [K in keyof typeof factSchemas]: z.infer<(typeof factSchemas)[K]> };

export const NO_FACTS: SiteFacts = {
  snapshot: null,
  state: null,
  holdWhy: '',
  directive: null,
  open: { hold: null, cut: null, exits: {} },
  agent: {
    online: false,
    sinceMs: null,
    version: null,
    applied: null,
    seq: 0,
    leftMs: null,
    cutAt: null,
    problems: [],
    mptcp: [],
    speaker: null,
    instances: [],
  },
  resigned: {},
  drill: null,
  told: { picture: '', revision: 0 },
};

/** The judge's state as a row has it, by today's rules: what an older version did not write yet gets its default. */
export function reviveState(stored: SiteState | null, rules: SiteRules): SiteState {
  const empty = emptySite(rules);
  if (stored === null) return empty;
  const servers: SiteState['servers'] = { ...stored.servers };
  for (const [id, fresh] of Object.entries(empty.servers)) servers[id] = { ...fresh, ...stored.servers[id] };
  return { ...empty, ...stored, servers };
}

/**
 * A fact without what a poll says of itself, and its socket remembers: while this stays the same, no row is written. What is applied is in the rows when
 * the Fleet has heard of it.
 */
export function lasting(key: keyof SiteFacts, facts: SiteFacts): unknown {
  if (key === 'agent') return { ...facts.agent, seq: 0, applied: null, mptcp: facts.agent.mptcp.map(steadyMptcp) };
  if (key !== 'state' || facts.state === null) return facts[key];
  const servers = Object.entries(facts.state.servers).map(([id, { paths, ...server }]) => {
    const alive = Object.entries(paths).map(([wan, path]) => [wan, path.alive]);
    return [id, { ...server, alive }];
  });
  return { ...facts.state, servers, applied: 0, heardMs: null, tMs: null, dueMs: null };
}
