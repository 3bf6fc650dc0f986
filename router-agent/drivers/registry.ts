import type { Config } from '../config.ts';
import type { DataPlane } from '../dataplane/contract.ts';
import { simulatedDataPlane } from '../dataplane/simulated.ts';
import type { Keeper } from '../keeper.ts';
import type { Log } from '../log.ts';

/** The data plane that a configuration asks for: its tunnels are all simulated, or none is. */
export function dataPlaneFor(_config: Config, _deps: { keeper: Keeper; log: Log }): DataPlane {
  return simulatedDataPlane();
}
