import { type Clock, pause } from '../clock.ts';
import type { Tunnel } from '../config.ts';
import type { Pace, TunnelDriver } from '../drivers/driver.ts';
import { createPace } from '../drivers/pace.ts';
import type { Log } from '../log.ts';
import type { Os } from '../runner.ts';

/** The devices that the rules use, kept up by their drivers. */
export interface Tunnels {
  /**
   * Looks after every tunnel, side by side, and resolves when all are done, or after a while: one whose program hangs delays nobody, and is not
   * asked again before it has answered. Whether any was not as it should be.
   */
  bringUp(): Promise<boolean>;
  /** What is wrong now, a sentence for each tunnel that is not up. */
  complaints(): string[];
}

export interface TunnelsOptions {
  tunnels: readonly Tunnel[];
  os: Os;
  clock: Clock;
  log: Log;
  driverOf(tunnel: Tunnel): TunnelDriver;
}

/** What comes up later than this finds its routes at the next reconciliation. */
const PATIENCE_MS = 5000;

export function createTunnels({ tunnels, os, clock, log, driverOf }: TunnelsOptions): Tunnels {
  const troubles = new Map<string, string>();
  const paces = new Map<string, Pace>(tunnels.map(({ server }) => [server, createPace(clock)]));
  const busy = new Map<string, Promise<boolean>>();

  function tend(tunnel: Tunnel): Promise<boolean> {
    const running = busy.get(tunnel.server) ?? tendOnce(tunnel).finally(() => busy.delete(tunnel.server));
    busy.set(tunnel.server, running);
    return running;
  }

  /** Whether it was not as it should be. */
  async function tendOnce(tunnel: Tunnel): Promise<boolean> {
    const { server } = tunnel;
    const done = await driverOf(tunnel).up(tunnel, os, paces.get(server) ?? createPace(clock));
    if (!done.ok) {
      troubles.set(server, done.reason);
      return true;
    }
    troubles.delete(server);
    if (done.value !== null) log.info(`${server}: ${done.value}`);
    return done.value !== null;
  }

  return {
    async bringUp() {
      const over = new AbortController();
      const all = Promise.all(tunnels.map(tend)).then((each) => each.includes(true));
      const amiss = await Promise.race([all, pause(clock, PATIENCE_MS, over.signal).then(() => true)]);
      over.abort();
      return amiss;
    },
    complaints: () => [...troubles].map(([server, reason]) => `${server}: ${reason}`),
  };
}
