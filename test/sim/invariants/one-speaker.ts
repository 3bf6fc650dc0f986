import type { Invariant } from './invariant.ts';

export const ONE_SPEAKER: Invariant = {
  name: 'one-speaker',
  holds:
    'Of the agents for one site one is heard, of those that are there the one that appeared last: no other that was heard before it is heard again until it has been silent for a lease, whatever the site slept through or lost meanwhile.',
  watch({ world, broken }) {
    interface Speaker {
      instance: string;
      t: number;
      /** Every agent that was ever heard, in the order of its first report. */
      order: string[];
    }
    const speakers = new Map<string, Speaker>();
    return {
      edgeLost: () => speakers.clear(),
      siteHeard(site, { instance }, t) {
        const last = speakers.get(site);
        const order = last?.order ?? [];
        if (!order.includes(instance)) order.push(instance);
        const leaseMs = world.edge.sites.get(site)?.rules()?.leaseMs ?? 0;
        if (last !== undefined && order.indexOf(instance) < order.indexOf(last.instance) && t < last.t + leaseMs)
          broken(site, `agent ${instance} is heard ${t - last.t} ms after ${last.instance}, which appeared later`);
        speakers.set(site, { instance, t, order });
      },
    };
  },
};
