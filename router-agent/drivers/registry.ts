import type { Clock } from '../clock.ts';
import type { Config, Tunnel } from '../config.ts';
import type { DataPlane } from '../dataplane/contract.ts';
import { kernelDataPlane } from '../dataplane/kernel.ts';
import { simulatedDataPlane } from '../dataplane/simulated.ts';
import type { Log } from '../log.ts';
import type { Os } from '../runner.ts';
import { command } from './command.ts';
import type { TunnelDriver } from './driver.ts';
import { existing } from './existing.ts';
import { type AvailableKind, isAvailable } from './kinds.ts';
import { openvpn } from './openvpn.ts';
import { wireguard } from './wireguard.ts';

/** Every driver that this version has. A new one is a file beside this, a name in kinds.ts and a line here. */
const DRIVERS: Record<Exclude<AvailableKind, 'simulated'>, TunnelDriver> = { wireguard, openvpn, command, existing };

export function driverOf(tunnel: Tunnel): TunnelDriver {
  if (!isAvailable(tunnel.driver) || tunnel.driver === 'simulated')
    throw new Error(`no kernel driver for ${tunnel.driver}: the configuration's check let it pass`);
  return DRIVERS[tunnel.driver];
}

export function isSimulated(config: Config): boolean {
  return config.tunnel.every((tunnel) => tunnel.driver === 'simulated');
}

export interface DataPlaneDeps {
  os: Os;
  clock: Clock;
  log: Log;
  remember(path: string, old: string): void;
  /** False for a dry run: no long-lived nft. */
  session: boolean;
}

/** The data plane that a configuration asks for: its tunnels are all simulated, or none is. */
export function dataPlaneFor(config: Config, deps: DataPlaneDeps): DataPlane {
  return isSimulated(config) ? simulatedDataPlane() : kernelDataPlane({ config, driverOf, ...deps });
}
