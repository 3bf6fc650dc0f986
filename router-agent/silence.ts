import type { Clock } from './clock.ts';
import type { Tunnel } from './config.ts';
import type { PathState } from './heartbeat/monitor.ts';
import type { Problems } from './problems.ts';

export interface SilenceOptions {
  tunnels: readonly Tunnel[];
  /** What the tunnel's driver knows of it; null: nothing. */
  diagnose(tunnel: Tunnel): Promise<string | null>;
  pathOf(server: string): PathState;
  problems: Problems;
  clock: Clock;
}

/** A tunnel that comes up has answered by then. */
const SILENT_AFTER_MS = 6000;

/**
 * A standby with a wrong key looks like any other until it is needed. A tunnel that has not answered once since the agent's start is a
 * problem that people see now; the first answer ends it. The answer is to be called now and then.
 */
export function watchSilence({ tunnels, diagnose, pathOf, problems, clock }: SilenceOptions): () => Promise<void> {
  const startedAt = clock.now();

  async function review(tunnel: Tunnel): Promise<void> {
    const kind = `silent-${tunnel.server}`;
    if (pathOf(tunnel.server).heardAt !== null) return problems.clear(kind);
    if (clock.now() - startedAt < SILENT_AFTER_MS) return;
    const reason = (await diagnose(tunnel)) ?? unanswered(tunnel);
    // It may have answered while the driver was asked.
    if (pathOf(tunnel.server).heardAt !== null) return problems.clear(kind);
    problems.set({ kind, message: `${tunnel.server} has never answered through its tunnel and could not take over: ${reason}` });
  }

  return async () => {
    await Promise.all(tunnels.map(review));
  };
}

function unanswered({ heartbeat, device }: Tunnel): string {
  const way = device === undefined ? '' : ` through ${device}`;
  return `nothing answers at ${heartbeat}${way}; is that the VPS's address inside the tunnel, and does the VPS know the way back?`;
}
