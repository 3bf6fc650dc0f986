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
  /** Since when it is down by the fleet's verdict; null: it is not. */
  downMs: Ms | null;
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
  /** Alive but bad, by the site's quality rules. */
  poor: boolean;
  /** Since when its readings speak against `poor`; null: they do not. */
  turningMs: Ms | null;
}

/** How good a path is: share of heartbeats lost and round-trip time; null: nobody said. */
export interface Reading {
  loss: number | null;
  rttMs: number | null;
}

/** A drill, from its switch to its result. The last one stays as the record. */
export interface Drill {
  /** The standby that carried the traffic. */
  server: string;
  /** Who was Active before. */
  from: string;
  startedMs: Ms;
  /** The epoch of its switch. */
  epoch: number;
  /** When the router said that it had applied it; null: not yet, or never. */
  appliedMs: Ms | null;
  endedMs: Ms | null;
  /** `unconfirmed`: nothing went wrong, but the router never said that it had switched. `interrupted`: people or a failure took over. */
  result: 'running' | 'passed' | 'unconfirmed' | 'rolled-back' | 'interrupted';
  /** What traffic had before: the worse of Active and standby. */
  before: Reading;
  /** The worst that the standby had while it carried the traffic. */
  worst: Reading;
  why: string;
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
  /** What of the rules gave the weights their shape; others may give other weights. */
  shape: string;
  override: Override | null;
  drill: Drill | null;
  servers: Record<string, SiteServerState>;
  /** When the agent was last heard; null: never. */
  heardMs: Ms | null;
}

function emptyServer(): SiteServerState {
  return {
    health: 'unknown',
    healthWhy: 'no verdict yet',
    downMs: null,
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
    poor: false,
    turningMs: null,
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
    shape: '',
    override: null,
    drill: null,
    servers: Object.fromEntries(rules.servers.map((server) => [server.id, emptyServer()])),
    heardMs: null,
  };
}

/** A copy that the judge may write to. Values that are replaced as a whole (penalty, override, drill …) are shared. */
export function draftOf(state: SiteState): SiteState {
  const servers: Record<string, SiteServerState> = {};
  for (const [id, server] of Object.entries(state.servers)) {
    const paths = Object.fromEntries(Object.entries(server.paths).map(([wan, path]) => [wan, { ...path }] as const));
    servers[id] = { ...server, paths };
  }
  return { ...state, servers };
}

/** Makes the state's servers those of the rules, in place: new ones get an empty state, those that left are dropped. */
export function fitToRules(site: SiteState, rules: SiteRules): void {
  for (const { id } of rules.servers) site.servers[id] ??= emptyServer();
  for (const id in site.servers) if (!rules.servers.some((server) => server.id === id)) delete site.servers[id];
}
