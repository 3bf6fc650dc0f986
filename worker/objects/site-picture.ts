import type { SiteStatus } from '../protocol/status.ts';
import { steadySite } from '../status/steady.ts';
import type { SiteFacts } from './site-facts.ts';

/** The site as people may see it; null before the Fleet has said what it is. */
export function pictureOf(facts: SiteFacts): SiteStatus | null {
  const { snapshot, state, agent } = facts;
  if (snapshot?.site == null || state === null) return null;
  const { name, rules } = snapshot.site;
  const holds = state.hold !== 'none';
  return {
    id: rules.id,
    name,
    active: state.active,
    weights: state.weights ?? Object.fromEntries(rules.servers.map((server) => [server.id, 0])),
    epoch: state.epoch,
    applied: agent.applied,
    mode: state.mode,
    blame: holds ? state.hold : state.blame,
    why: holds ? facts.holdWhy : state.why,
    since: state.weights === null ? null : new Date(state.sinceMs).toISOString(),
    pin: pinOf(facts),
    agent: {
      online: agent.online,
      since: agent.sinceMs === null ? null : new Date(agent.sinceMs).toISOString(),
      version: agent.version,
      problems: agent.problems.map((problem) => problem.text),
    },
    paths: pathsOf(facts),
    ...(agent.mptcp.length === 0 ? {} : { mptcp: agent.mptcp }),
  };
}

/** The picture without what flickers at every poll: the Fleet hears of the site when this changes. */
export function steadyPicture(status: SiteStatus): string {
  return JSON.stringify(steadySite(status));
}

function pinOf({ state }: SiteFacts): SiteStatus['pin'] {
  if (state?.override?.kind !== 'pin') return null;
  const { server, untilMs } = state.override;
  return { server, until: untilMs === null ? null : new Date(untilMs).toISOString() };
}

function pathsOf({ state }: SiteFacts): SiteStatus['paths'] {
  return Object.entries(state?.servers ?? {}).flatMap(([server, known]) =>
    Object.entries(known.paths).map(([wan, path]) => ({
      server,
      wan: wan === '' ? null : wan,
      alive: path.alive,
      rttMs: path.rttMs,
      loss: path.loss,
    })),
  );
}
