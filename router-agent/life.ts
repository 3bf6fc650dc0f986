import { wholePercents } from '../worker/engine/allocate.ts';
import type { Mode, Weights } from '../worker/protocol/health.ts';

/** Which server's tunnel carries what. This is all that the data plane is told. */
export interface Carry {
  /** Percent of new flows; the sum is 100, or 0 when nothing is steered yet. */
  weights: Weights;
  /** Where established flows of each server go: to itself, or to the one that took over. */
  live: Record<string, string>;
  /** Servers that carry nothing: their stale TCP flows are answered with a reset. */
  dead: string[];
}

export interface LifeInput {
  /** Servers in the order of the agent's file: the first living one takes over when no weight says who. */
  servers: readonly string[];
  /** What the edge (or a switch by hand) wants; null: nothing was said yet. */
  wanted: { weights: Weights; mode: Mode } | null;
  /** From the heartbeats; null: no evidence yet, which is no reason to leave a path. */
  alive: Readonly<Record<string, boolean | null>>;
  /** Living paths to which nothing may move: their traffic comes out wrong. */
  barred?: ReadonlySet<string>;
  /** Servers whose paths were cut here and which the edge has not released. */
  latched: ReadonlySet<string>;
}

export interface LifeDecision {
  carry: Carry;
  /** Servers that the wanted weights name and that life overruled just now: they are to be latched. */
  latch: string[];
  /** Latched servers that live while everything else is dead: they are to be released. */
  release: string[];
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Weights are the edge's, life is the agent's: a path known dead carries nothing while another lives, whatever a directive says. Traffic
 * moves only to a path that is proven alive. When nothing lives, everything stays as it is: moving traffic from one dead path to another
 * helps nobody.
 */
export function decideLife(input: LifeInput, previous: Carry | null): LifeDecision {
  const { servers, wanted, alive, barred = NOBODY, latched } = input;
  const unlatched = servers.filter((server) => alive[server] !== false && !latched.has(server));
  const release = unlatched.length > 0 ? [] : servers.filter((server) => alive[server] === true && latched.has(server));
  const living = unlatched.length > 0 ? unlatched : release;
  // Without evidence a path keeps what it has, but gets nothing new. So does one that is barred.
  const receivers = living.filter(
    (server) => (alive[server] === true && !barred.has(server)) || previous === null || (previous.weights[server] ?? 0) > 0,
  );
  if (wanted === null) return { carry: living.length === 0 && previous !== null ? previous : untouched(servers, {}), latch: [], release };
  if (receivers.length === 0) return { carry: previous ?? untouched(servers, wanted.weights), latch: [], release };

  const weights = spread(servers, wanted.weights, receivers, previous?.weights ?? {});
  const carrying = mostOf(servers, weights) ?? receivers[0];
  // A cut moves the flows of those that had new ones until now; others that drain on a living path are not its business.
  const hadFlows = (server: string) => previous === null || (previous.weights[server] ?? 0) > 0 || previous.live[server] !== server;
  const isCut = (server: string) => wanted.mode === 'cut' && (wanted.weights[server] ?? 0) === 0 && hadFlows(server);
  const leaves = (server: string) => !living.includes(server) || isCut(server);
  const dead = servers.filter((server) => leaves(server) && (weights[server] ?? 0) === 0);
  const live = Object.fromEntries(servers.map((server) => [server, dead.includes(server) ? (carrying ?? server) : server]));
  const latch = servers.filter((server) => !living.includes(server) && (wanted.weights[server] ?? 0) > 0 && !latched.has(server));
  return { carry: { weights, live, dead }, latch, release };
}

function untouched(servers: readonly string[], weights: Weights): Carry {
  return {
    weights: Object.fromEntries(servers.map((server) => [server, weights[server] ?? 0])),
    live: Object.fromEntries(servers.map((server) => [server, server])),
    dead: [],
  };
}

/** The server with the most new flows; the first in order wins a tie; null when nothing is steered. */
export function mostOf(servers: readonly string[], weights: Weights): string | null {
  return servers.reduce<string | null>(
    (best, server) => ((weights[server] ?? 0) > (best === null ? 0 : (weights[best] ?? 0)) ? server : best),
    null,
  );
}

/** Shares of the others go to the usable servers in proportion to their own; when none of them has any, to the one that carries most now, or the first. */
function spread(servers: readonly string[], wanted: Weights, usable: readonly string[], now: Weights): Weights {
  const shares = usable.map((server) => wanted[server] ?? 0);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum === 0) {
    const one = mostOf(usable, now) ?? usable[0];
    return Object.fromEntries(servers.map((server) => [server, server === one ? 100 : 0]));
  }
  const percents = wholePercents(shares.map((share) => (share * 100) / sum));
  return Object.fromEntries(servers.map((server) => [server, percents[usable.indexOf(server)] ?? 0]));
}

/** Whether two carries mean the same for every server. */
export function sameCarry(a: Carry, b: Carry): boolean {
  const same = (x: Record<string, unknown>, y: Record<string, unknown>) =>
    Object.keys({ ...x, ...y }).every((key) => (x[key] ?? 0) === (y[key] ?? 0));
  return same(a.weights, b.weights) && same(a.live, b.live) && [...a.dead].sort().join() === [...b.dead].sort().join();
}
