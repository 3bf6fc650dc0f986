import { succeed } from '../outcome.ts';
import type { DataPlane } from './contract.ts';

/** No kernel, no root: the carry is what the agent says it is. For `npm start` and for trying a configuration. */
export function simulatedDataPlane(): DataPlane {
  return {
    start: async () => null,
    apply: async () => succeed(null),
    reconcile: async () => succeed(null),
    sourceOf: () => undefined,
    complaints: () => [],
    close: () => undefined,
  };
}
