import type { Way } from '../client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Lines } from '../dataplane/lines.ts';
import { DEFAULT_HEARTBEAT_PORT, parseHeartbeat } from '../heartbeat/address.ts';
import type { Scout } from '../heartbeat/council.ts';
import type { Log } from '../log.ts';
import { type AddressBook, watchAddresses } from './addresses.ts';
import { createDetours } from './detour.ts';
import { createFlaps } from './flaps.ts';
import { startHoming } from './homing.ts';
import { wanLives } from './life.ts';
import { createMover, type Movable } from './mover.ts';
import { type OutsideOptions, startOutside } from './outside.ts';
import { pathsByWan, type WanPath } from './paths.ts';

export interface WanCareOptions {
  config: Config;
  lines: Lines;
  tunnels: ReadonlyMap<string, Movable>;
  addresses: AddressBook;
  prober: OutsideOptions['prober'];
  clock: Clock;
  log: Log;
  carries(server: string): boolean;
  /** A verdict of the council that waited need not wait any more. */
  review(): void;
  /** What the edge is told of the WANs has changed. */
  onNews(): void;
  /** A WAN's address has changed: rules and routes have to follow, and have when this ends. Mere silence is no reason: the programs would slow the verdict under way. */
  onLost(wan: string): Promise<void>;
  /** By which ways the edge can be asked may have changed. */
  onWays(): void;
  /** A WAN as a whole died or came back. */
  onWan(wan: string, alive: boolean): void;
}

/** All that is done about WANs while the agent runs. */
export interface WanCare {
  scout: Scout;
  /** How each WAN reaches the server. */
  paths(server: string): WanPath[];
  /** WANs that are not known to be dead, with an address to send from, the preferred first. */
  waysOut(): Way[];
  stop(): void;
}

/** To be called when the data plane has started. */
export function startWanCare(options: WanCareOptions): WanCare {
  const { config, lines, tunnels, addresses, clock, log } = options;
  const usable = (wan: string) => addresses(wan, 4) !== null || addresses(wan, 6) !== null;
  const flaps = createFlaps({ holdMs: config.wan_return.well_s * 1000, maxMs: config.wan_return.max_s * 1000 });
  const told = new Map<string, boolean>();
  const mover = createMover(lines, tunnels, clock);
  const outside = startOutside({
    wans: lines.wans,
    servers: config.tunnel.map(({ server }) => server),
    misses: config.heartbeat.misses,
    clock,
    targetOf,
    addressOf: addresses,
    prober: options.prober,
    onHeard: options.review,
    onChange(wan, server, alive) {
      log.info(`${wan}: ${server} ${alive ? 'answers' : 'does not answer'} outside of the tunnel`);
      // Its tunnel finds out for itself, now.
      if (!alive && lines.boundTo(server) === wan) tunnels.get(server)?.ask();
      if (!alive) {
        // Is it the WAN, or this VPS? The others know.
        for (const { server: other } of config.tunnel) if (other !== server) outside.ask(wan, other);
      }
      tellLife(wan);
      options.onWays();
      options.onNews();
    },
  });
  const common = { lines, outside, tunnels, mover, flaps, clock, log, usable, onMoved };
  const scout = createDetours({ ...common, review: options.review });
  const stopHoming = startHoming({ ...common, carries: options.carries });

  const stopWatching = watchAddresses(lines.wans, addresses, clock, (wan) => {
    log.info(`${wan}: ${usable(wan) ? `its address is ${addresses(wan, 4) ?? addresses(wan, 6)} now` : 'has no address any more'}`);
    void followAddress(wan);
    for (const { server } of config.tunnel) outside.ask(wan, server);
    options.onWays();
  });

  /** The rules first: without them a tunnel would only take up a wrong address. */
  async function followAddress(wan: string): Promise<void> {
    await options.onLost(wan);
    if (!usable(wan)) return;
    for (const server of await lines.forgetSource(wan)) tunnels.get(server)?.ask();
  }

  function onMoved(): void {
    options.onWays();
    options.onNews();
  }

  /** Any server that answers by it, outside or in its tunnel, proves it; null: nobody can tell. */
  function lifeOf(wan: string): boolean | null {
    if (!usable(wan)) return false;
    const servers = config.tunnel.map(({ server }) => server);
    const tunnel = servers.some((server) => lines.boundTo(server) === wan && tunnels.get(server)?.state().alive === true);
    if (tunnel || servers.some((server) => outside.state(wan, server).alive === true)) return true;
    return servers.some((server) => outside.state(wan, server).heardAt !== null) ? false : null;
  }

  function waysOut(): Way[] {
    const living = lines.wans.filter((wan) => lifeOf(wan) !== false);
    return living.map((wan) => ({ name: wan, localAddress: addresses(wan, 4) ?? addresses(wan, 6) ?? undefined }));
  }

  function targetOf(server: string) {
    const named = parseHeartbeat(config.tunnel.find((tunnel) => tunnel.server === server)?.endpoint ?? '');
    const host = lines.endpointOf(server);
    return host === null ? null : { host, port: named?.port ?? DEFAULT_HEARTBEAT_PORT };
  }

  function tellLife(wan: string): void {
    const lives = wanLives(config.tunnel.map(({ server }) => outside.state(wan, server)));
    if (lives === null || lives === told.get(wan)) return;
    told.set(wan, lives);
    options.onWan(wan, lives);
  }

  return {
    scout,
    paths: (server) => pathsByWan(server, { lines, outside, tunnels, usable }),
    waysOut,
    stop() {
      stopWatching();
      stopHoming();
      outside.stop();
    },
  };
}
