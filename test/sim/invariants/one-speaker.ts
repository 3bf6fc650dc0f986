import type { Invariant } from './invariant.ts';

/** How long the socket of a last poll stays after its answer, at the least. With it goes what a sleeping site remembers of who speaks. */
const SOCKET_MS = 15_000;

export const ONE_SPEAKER: Invariant = {
  name: 'one-speaker',
  holds:
    'Of two agents for one site one is heard: the speaker changes only to an agent that the site has not replaced, or after the other was silent for a lease or as long as the socket of its last poll stays, or after a crash lost the sockets.',
  watch({ world, broken }) {
    interface Speaker {
      instance: string;
      t: number;
      replaced: Set<string>;
    }
    const speakers = new Map<string, Speaker>();
    return {
      siteCrashed: (site) => void speakers.delete(site),
      siteHeard(site, report, t) {
        const last = speakers.get(site);
        if (last === undefined || last.instance === report.instance) {
          speakers.set(site, { instance: report.instance, t, replaced: last?.replaced ?? new Set() });
          return;
        }
        const leaseMs = Math.min(world.edge.sites.get(site)?.rules()?.leaseMs ?? 0, SOCKET_MS);
        if (last.replaced.has(report.instance) && t < last.t + leaseMs && t >= last.t)
          broken(site, `agent ${report.instance}, replaced by ${last.instance}, is heard again ${t - last.t} ms after it`);
        last.replaced.add(last.instance);
        last.replaced.delete(report.instance);
        speakers.set(site, { instance: report.instance, t, replaced: last.replaced });
      },
    };
  },
};
