import { type ClientRequest, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { News, Router } from '../poller.ts';
import { CROWD_PATH, happeningSchema, type Routers } from './protocol.ts';

/** Lets the Worker with routers inside (`worker.ts`) play these, until `stop`. */
export function playInside(url: string, routers: Routers, told: (news: News) => void): { routers: Router[]; stop(): void } {
  const played = new Map(routers.map(({ site }) => [site, { site, applied: 0, failures: 0 }]));
  const sent: ClientRequest = request(`${url}${CROWD_PATH}`, { method: 'POST' }, (response) => {
    const lines = createInterface({ input: response });
    // Cut by us, or with the edge: who lacks what would have come says so.
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const atMs = performance.now();
      const happening = happeningSchema.parse(JSON.parse(line));
      const router = played.get(happening.site);
      if (router === undefined) return;
      if ('lost' in happening) {
        router.failures = happening.lost;
        return;
      }
      router.applied = happening.epoch;
      told({ ...happening, atMs });
    });
  });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify(routers));
  return { routers: [...played.values()], stop: () => void sent.destroy() };
}
