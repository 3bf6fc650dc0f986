import type { Config, Tunnel } from '../config.ts';
import type { TunnelDriver } from '../drivers/driver.ts';
import { parseHeartbeat } from '../heartbeat/address.ts';
import type { Log } from '../log.ts';
import { fail, type Outcome } from '../outcome.ts';
import { FIRST_WAN_MARK, FIRST_WAN_TABLE } from '../own.ts';
import type { Os } from '../runner.ts';
import type { WanLane } from './model.ts';

/** By which WAN each tunnel's own packets leave. */
export interface Lines {
  /** Devices, the preferred first. */
  wans: readonly string[];
  /** False: this kind of tunnel cannot be moved by us. */
  canBind(server: string): boolean;
  /** The WAN; null: as the main table says. */
  boundTo(server: string): string | null;
  /** Moves the tunnel, and nothing inside of it notices. One short command: it waits for no other work. */
  bind(server: string, wan: string): Promise<Outcome<null>>;
  /** The WAN's address has changed: no tunnel that leaves by it goes on with the old one. Answers which were told. */
  forgetSource(wan: string): Promise<string[]>;
  /** The VPS's address outside of the tunnel; null: not known. */
  endpointOf(server: string): string | null;
}

/** Where there is nothing to choose. */
export const NO_LINES: Lines = {
  wans: [],
  canBind: () => false,
  boundTo: () => null,
  bind: async () => fail('there are no WANs to choose from'),
  forgetSource: async () => [],
  endpointOf: () => null,
};

export interface KeptLines extends Lines {
  /** To be called when the tunnels are up: learns their endpoints, adopts the WAN that each has, and puts right what others changed. */
  refresh(): Promise<void>;
}

export interface LinesOptions {
  config: Config;
  os: Os;
  log: Log;
  driverOf(tunnel: Tunnel): TunnelDriver;
}

export function createLines({ config, os, log, driverOf }: LinesOptions): KeptLines {
  const wans = config.wan.map(({ device }) => device);
  const endpoints = new Map<string, string>();
  const bound = new Map<string, string>();
  const markOf = (wan: string) => FIRST_WAN_MARK + wans.indexOf(wan);
  const tunnelOf = (server: string) => config.tunnel.find((tunnel) => tunnel.server === server);

  async function bind(server: string, wan: string): Promise<Outcome<null>> {
    const tunnel = tunnelOf(server);
    const driver = tunnel === undefined ? undefined : driverOf(tunnel);
    if (tunnel === undefined || driver?.bindWan === undefined || !wans.includes(wan)) return fail(`${server} cannot be moved to ${wan}`);
    const before = bound.get(server);
    // At once, so that a repair under way does not undo it.
    bound.set(server, wan);
    const done = await driver.bindWan(tunnel, markOf(wan), os);
    if (!done.ok && before !== undefined && bound.get(server) === wan) bound.set(server, before);
    return done;
  }

  async function forgetSource(wan: string): Promise<string[]> {
    const leaving = config.tunnel.filter(({ server }) => bound.get(server) === wan);
    const told = leaving.map(async (tunnel) => (await driverOf(tunnel).forgetSource?.(tunnel, markOf(wan), os))?.ok === true);
    const done = await Promise.all(told);
    return leaving.filter((_, index) => done[index]).map(({ server }) => server);
  }

  async function learn(tunnel: Tunnel): Promise<void> {
    const driver = driverOf(tunnel);
    const movable = driver.bindWan !== undefined && wans.length > 0;
    const [endpoint, mark] = await Promise.all([driver.endpoint?.(tunnel, os), movable ? driver.boundMark?.(tunnel, os) : null]);
    const address = endpoint ?? parseHeartbeat(tunnel.endpoint ?? '')?.host;
    if (address !== undefined) endpoints.set(tunnel.server, address);
    if (mark === undefined || mark === null) return;
    const found = wans[mark - FIRST_WAN_MARK];
    const wanted = bound.get(tunnel.server) ?? found ?? wans[0];
    if (wanted === undefined) return;
    if (found === wanted) bound.set(tunnel.server, wanted);
    else await put(tunnel.server, wanted);
  }

  async function put(server: string, wan: string): Promise<void> {
    const done = await bind(server, wan);
    if (done.ok) log.info(`${server}: leaves by ${wan}`);
    else log.warn(`${server}: cannot be sent by ${wan}: ${done.reason}`);
  }

  return {
    wans,
    canBind: (server) => bound.has(server),
    boundTo: (server) => bound.get(server) ?? null,
    bind,
    forgetSource,
    endpointOf: (server) => endpoints.get(server) ?? null,
    async refresh() {
      await Promise.all(config.tunnel.map(learn));
    },
  };
}

/** The WANs of a configuration, as the kernel's rules need them. */
export function wanLanesOf({ wan }: Config): WanLane[] {
  return wan.map(({ device, gateway }, index) => ({
    device,
    gateway: gateway ?? null,
    mark: FIRST_WAN_MARK + index,
    table: FIRST_WAN_TABLE + index,
  }));
}
