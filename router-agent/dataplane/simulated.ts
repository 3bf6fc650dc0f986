import { succeed } from '../outcome.ts';
import type { DataPlane } from './contract.ts';
import { NO_LINES } from './lines.ts';

/** No kernel, no root: the carry is what the agent says it is. For `npm start` and for trying a configuration. */
export function simulatedDataPlane(): DataPlane {
  return {
    start: async () => null,
    apply: async () => succeed(null),
    reconcile: async () => succeed(null),
    lines: NO_LINES,
    sourceOf: () => undefined,
    complaints: () => [],
    close: () => undefined,
  };
}
