import type { PublicDeps } from '../../../worker/http/public.ts';
import type { ServerHistory } from '../../../worker/protocol/history.ts';
import type { Status } from '../../../worker/protocol/status.ts';

const NO_PAST: ServerHistory = {
  asOf: '2026-11-23T21:40:00.000Z',
  uptime: { '24h': span(), '7d': span(), '30d': span(), '90d': span() },
  latency: { '24h': {}, '7d': {}, '30d': {}, '90d': {} },
  days: [],
};

function span(): ServerHistory['uptime']['24h'] {
  return { from: '2026-11-23T21:00:00.000Z', up: null, upMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };
}

/** What the public routes read, over a picture that a test may replace: servers without a past. */
export function publicDeps(status: () => Status): PublicDeps<object> {
  return {
    status: async () => status(),
    vitals: async () => status(),
    page: async () => ({ status: status(), bars: {} }),
    server: async (_, id) => {
      const found = status().servers.find((candidate) => candidate.id === id);
      return found === undefined ? null : { ...found, ...NO_PAST };
    },
    metrics: async () => ({ status: status(), probes: [], channels: [] }),
  };
}
