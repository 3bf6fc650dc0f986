import type { AgentKeys } from '../agent.ts';
import type { FleetOptions } from '../edge.ts';
import type { Lab } from '../lab.ts';
import type { Server } from '../topology.ts';
import type { TunnelBuilder } from '../wire.ts';

/** Figures of one trial; `outageMs` is how long the client was without service, null where the trial ended before that was known. */
export interface Trial {
  outageMs: number | null;
  [figure: string]: number | string | boolean | null | readonly (number | string)[];
}

export interface ScenarioResult {
  trials: Trial[];
  /** Empty: the promise was kept. */
  broken: string[];
}

export interface Scenario {
  name: string;
  /** What happens, for `list`. */
  story: string;
  /** What must be true, in one sentence. */
  promise: string;
  fleet: FleetOptions;
  /** What it adds to the agent's file. */
  agent?: AgentKeys;
  /** What it does before the agent starts for the first time. */
  prepare?(): Promise<void>;
  /** How the tunnels are built; without it WireGuard. */
  tunnels?: Partial<Record<Server, TunnelBuilder>>;
  /** By hand, in `npm test`, and there with CI=true; 0: not there. */
  trials: { byHand: number; inTests: number; inCi: number };
  trial(lab: Lab): Promise<TrialResult>;
  /** Promises about all trials together. */
  overall?(trials: readonly Trial[]): string[];
}

export interface TrialResult {
  figures: Trial;
  broken: string[];
}

/** `[sentence]` when the claim is false: promises are lists of these. */
export function unless(claim: boolean, sentence: string): string[] {
  return claim ? [] : [sentence];
}
