import { isWell, weightOf } from './evidence.ts';
import type { Invariant } from './invariant.ts';

export const MAINTENANCE: Invariant = {
  name: 'maintenance',
  holds: 'A server in maintenance gets no new flows while another server of the site is well, and maintenance ends at its time.',
  watch({ broken }) {
    return {
      siteTurn({ site, rules, t, after, events }) {
        if (after?.weights == null) return;
        // A directive ends the latches of its instant, but it was decided under them.
        const wasCut = (id: string) => events.some((event) => event.type === 'latched' && event.server === id);
        const well = rules.servers.find(({ id }) => isWell(after, rules, id, t) && !wasCut(id));
        if (well === undefined) return;
        for (const { id } of rules.servers)
          if (after.servers[id]?.health === 'maintenance' && weightOf(after, id) > 0)
            broken(site, `${id} is in maintenance and has ${weightOf(after, id)} %, although ${well.id} is well`);
      },
      fleetTurn({ t, after }) {
        for (const [id, { maintenance, health }] of Object.entries(after.state.servers)) {
          const until = maintenance?.until ?? null;
          if (until !== null && until <= t) broken(null, `the maintenance of ${id} outlives its time`);
          if ((maintenance === null) === (health === 'maintenance'))
            broken(null, `${id} is ${health}, its maintenance ${JSON.stringify(maintenance)}`);
        }
      },
    };
  },
};
