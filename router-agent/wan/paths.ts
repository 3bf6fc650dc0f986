import type { Lines } from '../dataplane/lines.ts';
import type { Movable } from './mover.ts';
import type { Outside } from './outside.ts';

/** One path: a server by one WAN. */
export interface WanPath {
  wan: string;
  alive: boolean;
  rttMs: number | null;
  loss: number;
  /** The tunnel leaves by this WAN. */
  bound: boolean;
}

export interface PathSources {
  lines: Lines;
  outside: Outside;
  tunnels: ReadonlyMap<string, Movable>;
  usable(wan: string): boolean;
}

/**
 * A server by each WAN, as far as known: by the one that its tunnel uses, what the heartbeats inside say; by the others, what the VPS answers outside. That
 * proves a way, not a tunnel: while the tunnel is dead no path is alive, or the judge would take a VPS without a tunnel for a good one.
 */
export function pathsByWan(server: string, { lines, outside, tunnels, usable }: PathSources): WanPath[] {
  const tunnel = tunnels.get(server)?.state();
  return lines.wans.flatMap((wan): WanPath[] => {
    const bound = lines.boundTo(server) === wan;
    const seen = bound ? tunnel : outside.state(wan, server);
    if (seen === undefined) return [];
    if (!bound && seen.heardAt === null && usable(wan)) return [];
    const alive = tunnel?.alive === true && seen.alive === true && (bound || usable(wan));
    return [{ wan, alive, rttMs: seen.rttMs, loss: seen.loss, bound }];
  });
}
