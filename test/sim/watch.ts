import type { Verdict } from '../../router-agent/directive.ts';
import type { Carry, LifeDecision } from '../../router-agent/life.ts';
import type { AgentState } from '../../router-agent/state-schema.ts';
import type { FleetEvent } from '../../worker/engine/fleet.ts';
import type { SiteState } from '../../worker/engine/site.ts';
import type { SiteEffect, SiteEvent, SiteRules } from '../../worker/engine/types.ts';
import type { VantageEvent } from '../../worker/engine/vantage.ts';
import type { FleetFacts } from '../../worker/objects/fleet-facts.ts';
import type { FleetNews } from '../../worker/objects/fleet-turn.ts';
import type { SiteFacts } from '../../worker/objects/site-facts.ts';
import type { Report } from '../../worker/protocol/report.ts';
import type { AgentNode, Box } from './nodes/agent-node.ts';

/** One instant of a site's judge. `t` is on the site's own clock. */
export interface SiteTurn {
  site: string;
  rules: SiteRules;
  t: number;
  before: SiteState | null;
  after: SiteState | null;
  facts: SiteFacts;
  events: readonly SiteEvent[];
  effects: readonly SiteEffect[];
}

export interface FleetTurnSeen {
  t: number;
  before: FleetFacts;
  after: FleetFacts;
  events: readonly FleetEvent[];
  news: FleetNews;
}

/** An agent has judged an answer of the edge. */
export interface Judged {
  agent: AgentNode;
  before: AgentState;
  answer: unknown;
  verdict: Verdict;
}

/** An agent has decided which path carries. `latched`: before the decision. */
export interface Settled {
  agent: AgentNode;
  cause: 'start' | 'life' | 'directive' | 'release';
  before: Carry | null;
  carry: Carry;
  decision: LifeDecision;
  latched: readonly string[];
}

/** Everything that invariants may look at, as it happens. */
export interface Watch {
  /** `shard`: the key of the object that saw it; a vantage has one or more. */
  evidence(shard: string, event: VantageEvent): void;
  fleetTurn(seen: FleetTurnSeen): void;
  siteHeard(site: string, report: Report, t: number): void;
  siteTurn(seen: SiteTurn): void;
  siteWoke(site: string): void;
  siteCrashed(site: string): void;
  edgeLost(): void;
  /** A box lost its state file. */
  diskLost(box: Box): void;
  /** People put another fleet file. */
  reconfigured(): void;
  judged(seen: Judged): void;
  settled(seen: Settled): void;
  /** An agent began or ended a life. */
  agentChanged(agent: AgentNode): void;
  /** What is broken in the world has changed. */
  truthChanged(key: string): void;
  /** People asked a site for something; `taken`: it was not refused. */
  asked(site: string, event: SiteEvent, taken: boolean, t: number): void;
  /** Once a virtual minute. */
  minute(): void;
  /** Everything was mended this long ago, and nothing was broken since. */
  healed(sinceMs: number): void;
}

const EVENTS = [
  'evidence',
  'fleetTurn',
  'siteHeard',
  'siteTurn',
  'siteWoke',
  'siteCrashed',
  'edgeLost',
  'diskLost',
  'reconfigured',
  'judged',
  'settled',
  'agentChanged',
  'truthChanged',
  'asked',
  'minute',
  'healed',
] as const satisfies readonly (keyof Watch)[];

/** One watch that hands everything to those who want it. */
export function watchAll(watches: readonly Partial<Watch>[]): Watch {
  const table = Object.fromEntries(
    EVENTS.map((name) => {
      const hearers = watches.flatMap((watch) => {
        const hear = watch[name] as ((...seen: unknown[]) => void) | undefined;
        return hear === undefined ? [] : [hear.bind(watch)];
      });
      return [
        name,
        (...seen: unknown[]) => {
          for (const hear of hearers) hear(...seen);
        },
      ];
    }),
  );
  return table as unknown as Watch;
}
