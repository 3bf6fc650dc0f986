import type { CheckSpec } from '../objects/contract.ts';

/** What the fleet file does not say, and the day's usage depends on. Times are milliseconds. */
export interface Assumptions {
  /** How long a probe of each kind takes when all is well. One that fails takes the whole `timeout_ms`. */
  probeMs: Record<CheckSpec['kind'], number>;
  /** A witness answers. */
  witnessMs: number;
  /** From a vantage to the Fleet and back, half around the world. */
  rpcMs: number;
  /** An object's own work on one event, waking up included. */
  workMs: number;
  /** Between the end of a poll and the next: the answer's way, and the agent's jitter (0–250 ms). */
  pollGapMs: number;
  /** `GET /agent/v1/echo` of one site, a day. */
  echoesPerSite: number;
  /** A status page that is open and visible reads itself again. */
  pageRefreshMs: number;
  /** So many hours of it a day, over all its readers. */
  pageHours: number;
  /** A server's health changes this often a day, over all servers. */
  healthChanges: number;
}

/** Vantages on other continents than the servers: the usual case, and the dear one. */
export const WORLD: Assumptions = {
  probeMs: { tcp: 150, tls: 300, banner: 300, http: 600 },
  witnessMs: 300,
  rpcMs: 150,
  workMs: 5,
  pollGapMs: 125,
  echoesPerSite: 0,
  pageRefreshMs: 3_000,
  pageHours: 1,
  healthChanges: 4,
};
