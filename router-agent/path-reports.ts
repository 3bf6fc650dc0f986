import { MAX_PATHS, type Report } from '../worker/protocol/report.ts';
import type { PathState } from './heartbeat/monitor.ts';
import type { WanPath } from './wan/paths.ts';

export interface PathKnowledge {
  /** In the order of the agent's file. */
  servers: readonly string[];
  pathOf(server: string): PathState;
  /** How each WAN reaches a server; empty: WANs are not told apart. */
  wansOf(server: string): WanPath[];
  isAlive(server: string): boolean;
  /** To the edge a standby whose traffic comes out wrong is as good as dead: it must not be elected. */
  isUnfit(server: string): boolean;
}

/** What the edge is told of all paths: by WAN where they are told apart, as far as a report has room. */
export function reportPaths({ servers, pathOf, wansOf, isAlive, isUnfit }: PathKnowledge): Report['paths'] {
  const single = servers.map((server) => pathReport(server, { ...pathOf(server), alive: isAlive(server) && !isUnfit(server) }));
  const whole = servers.flatMap((server, index) => {
    const known = wansOf(server);
    const own = known.some(({ bound }) => bound) ? [] : single.slice(index, index + 1);
    return [...own, ...known.map((path) => ({ ...pathReport(server, { ...path, alive: path.alive && !isUnfit(server) }), wan: path.wan }))];
  });
  return whole.length <= MAX_PATHS ? whole : single;
}

function pathReport(server: string, path: Pick<WanPath, 'alive' | 'rttMs' | 'loss'>): Report['paths'][number] {
  return { server, alive: path.alive, rttMs: path.rttMs === null ? null : round(path.rttMs), loss: round(path.loss) };
}

/** Milliseconds and shares with three digits: enough, and short on the wire. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
