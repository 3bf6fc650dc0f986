import type { Invariant } from './invariant.ts';

export const LEASE: Invariant = {
  name: 'lease',
  holds:
    'Without a word of the edge no router fails back: what it cut by itself stays cut until a directive releases it, unless everything else is dead.',
  watch({ broken }) {
    return {
      settled({ agent, cause, before, carry, latched, decision }) {
        if (before === null || cause !== 'life') return;
        for (const server of latched) {
          const gains = (carry.weights[server] ?? 0) > (before.weights[server] ?? 0);
          if (!gains) continue;
          const others = agent.box.servers.filter((other) => !latched.includes(other) && agent.alive[other] === true);
          if (!decision.release.includes(server) || others.length > 0)
            broken(
              agent.box.site,
              `the router gave ${server}, which it had cut, ${carry.weights[server]} % without the edge, while ${others.join()} live`,
            );
        }
      },
    };
  },
};
