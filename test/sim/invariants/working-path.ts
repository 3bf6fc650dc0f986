import { DEATH_TOLD_MS, LIFE_TOLD_MS } from '../nodes/detector.ts';
import type { Invariant } from './invariant.ts';

/** What the router believes dead was dead this long ago at the latest: it takes a return as long to be believed, and a verdict to be told. */
const MEMORY_MS = LIFE_TOLD_MS.most + DEATH_TOLD_MS.most + 1;

export const WORKING_PATH: Invariant = {
  name: 'working-path',
  holds: `By itself a router takes traffic only from a path that is dead or was dead within ${MEMORY_MS} ms, and gives more only to a path that answers.`,
  watch({ broken, paths }) {
    return {
      settled({ agent, cause, before, carry }) {
        if (before === null) return;
        const { site } = agent.box;
        for (const server of agent.box.servers) {
          const was = before.weights[server] ?? 0;
          const is = carry.weights[server] ?? 0;
          if (is < was && cause === 'life' && !paths.wasDead(site, server, MEMORY_MS) && !someoneDied(agent.alive))
            broken(site, `the router took ${server} from ${was} to ${is} % while it lives`);
          if (is > was && agent.alive[server] !== true && !(agent.alive[server] === null && was > 0))
            broken(site, `the router gave ${server} ${is} % although it does not answer`);
          if (is > was && agent.alive[server] === true && !paths.wasDead(site, server, DEATH_TOLD_MS.most) && !paths.of(site, server).alive)
            broken(site, `the router gave ${server} ${is} % although it is dead`);
        }
      },
    };
  },
};

/** The share of a server that lives shrinks when another one takes back what was the edge's wish all along. */
function someoneDied(alive: Readonly<Record<string, boolean | null>>): boolean {
  return Object.values(alive).every((lives) => lives !== true);
}
