import type { Blame, Health, Mode, Weights } from '../protocol/health.ts';
import { NO_PENALTY, type Penalty } from './damping.ts';
import type { Ms, SiteRules } from './types.ts';

/** What the router last said of one path. */
export interface PathState {
  alive: boolean;
  /** When it was said. */
  t: Ms;
  /** When the path was last said to be alive; null: never. */
  aliveT: Ms | null;
  rttMs: number | null;
  loss: number | null;
}

/** One server as one site sees it. */
export interface SiteServerState {
  /** The fleet's verdict. */
  health: Health;
  healthWhy: string;
  /** By WAN (`''` where the agent names none). */
  paths: Record<string, PathState>;
  /** Percent of its share that it may carry: 0, a failback stage, or 100. */
  ramp: number;
  /** When the present stage began. */
  stageMs: Ms;
  /** Since when it could be given traffic; null: it could not now. */
  fitMs: Ms | null;
  /** Hold-down of its return, fixed when it became fit. */
  holdDownMs: Ms;
  penalty: Penalty;
  /** It was fit since it last went bad: going bad again is a flap. */
  wasFit: boolean;
  /** People moved traffic away from it while it was well: it comes back without hold-down. */
  displaced: boolean;
  resigned: { t: Ms; seenDown: boolean } | null;
  /** The router has cut it by itself; until the next directive. */
  latched: boolean;
}

/** A server that people, or a drill, put before all others. */
export interface Override {
  kind: 'pin' | 'drill';
  server: string;
  untilMs: Ms | null;
}

/** Everything that a site's judge remembers. Plain JSON. */
export interface SiteState {
  startedMs: Ms | null;
  /** The last instant that was judged. */
  tMs: Ms;
  /** When it wants to be called next without events; null: nothing is pending. */
  dueMs: Ms | null;
  /** The last epoch issued; 0: none. */
  epoch: number;
  /** The highest epoch that the agent ever said it applied. */
  applied: number;
  active: string | null;
  weights: Weights | null;
  mode: Mode | null;
  blame: Blame;
  why: string;
  sinceMs: Ms;
  /** The hold that stands now; `none` when there is nothing to hold. */
  hold: Blame;
  override: Override | null;
  servers: Record<string, SiteServerState>;
  /** When the agent was last heard; null: never. */
  heardMs: Ms | null;
}

function emptyServer(): SiteServerState {
  return {
    health: 'unknown',
    healthWhy: 'no verdict yet',
    paths: {},
    ramp: 0,
    stageMs: 0,
    fitMs: null,
    holdDownMs: 0,
    penalty: NO_PENALTY,
    wasFit: false,
    displaced: false,
    resigned: null,
    latched: false,
  };
}

export function emptySite(rules: SiteRules): SiteState {
  return {
    startedMs: null,
    tMs: 0,
    dueMs: null,
    epoch: 0,
    applied: 0,
    active: null,
    weights: null,
    mode: null,
    blame: 'none',
    why: 'no directive yet',
    sinceMs: 0,
    hold: 'none',
    override: null,
    servers: Object.fromEntries(rules.servers.map((server) => [server.id, emptyServer()])),
    heardMs: null,
  };
}

/** A copy that `stepSite` may write to. Servers that are new in the rules get an empty state, those that left are dropped. */
export function draftOf(state: SiteState, rules: SiteRules): SiteState {
  const servers: Record<string, SiteServerState> = {};
  for (const { id } of rules.servers) {
    const server = state.servers[id];
    servers[id] = server === undefined ? emptyServer() : { ...server, paths: { ...server.paths } };
  }
  return { ...state, servers };
}
