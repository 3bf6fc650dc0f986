import type { Invariant } from './invariant.ts';

export const FLOWS_KEPT: Invariant = {
  name: 'flows-kept',
  holds:
    'Established flows are moved only away from a path that the router knows dead, or that a directive cuts while it carries new flows.',
  watch({ broken }) {
    return {
      settled({ agent, cause, before, carry, latched }) {
        if (before === null) return;
        for (const server of agent.box.servers) {
          if (before.live[server] !== server || carry.live[server] === server) continue;
          const isCut = cause === 'directive' && (before.weights[server] ?? 0) > 0;
          if (!isCut && agent.alive[server] !== false && !latched.includes(server))
            broken(
              agent.box.site,
              `established flows of ${server}, which lives and carried no new ones, were moved to ${carry.live[server]}`,
            );
        }
      },
    };
  },
};
