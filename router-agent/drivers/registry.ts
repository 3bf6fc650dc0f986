import type { Clock } from '../clock.ts';
import type { Config, Tunnel } from '../config.ts';
import type { DataPlane } from '../dataplane/contract.ts';
import { kernelDataPlane } from '../dataplane/kernel.ts';
import { simulatedDataPlane } from '../dataplane/simulated.ts';
import type { Log } from '../log.ts';
import { omrDataPlane } from '../omr/data-plane.ts';
import type { Os } from '../runner.ts';
import { command } from './command.ts';
import type { TunnelDriver } from './driver.ts';
import { existing } from './existing.ts';
import { type DriverKind, hasOwnPlane, type OwnPlaneKind } from './kinds.ts';
import { openvpn } from './openvpn.ts';
import { wireguard } from './wireguard.ts';

/** Every driver of the kernel's data plane. A new one is a file beside this, a name in kinds.ts and a line here. */
const DRIVERS: Record<Exclude<DriverKind, OwnPlaneKind>, TunnelDriver> = { wireguard, openvpn, command, existing };

export function driverOf(tunnel: Tunnel): TunnelDriver {
  if (hasOwnPlane(tunnel.driver)) throw new Error(`no kernel driver for ${tunnel.driver}: the configuration's check let it pass`);
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

export function isOmr(config: Config): boolean {
  return config.tunnel.every((tunnel) => tunnel.driver === 'openmptcprouter');
}

/** Rules, routes and MPTCP endpoints are the agent's. */
export function steersKernel(config: Config): boolean {
  return !config.tunnel.some((tunnel) => hasOwnPlane(tunnel.driver));
}

/** The data plane that a configuration asks for; the configuration's check has refused mixtures. */
export function dataPlaneFor(config: Config, deps: DataPlaneDeps): DataPlane {
  if (isSimulated(config)) return simulatedDataPlane();
  return isOmr(config) ? omrDataPlane({ config, ...deps }) : kernelDataPlane({ config, driverOf, ...deps });
}
