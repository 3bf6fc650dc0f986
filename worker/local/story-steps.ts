import type { AgentStatus } from '../../router-agent/status-schema.ts';
import type { Status, TimelineEntry } from '../protocol/status.ts';
import { duration } from './timeline.ts';

/** What is known at one moment: of the edge by its public API, of the router by its agent. */
export interface StoryView {
  status: Status;
  agent: AgentStatus | null;
}

export interface StoryStep {
  /** What has to come true, as a clause after "that". */
  what: string;
  withinMs: number;
  /** Done before this step is waited for. */
  action?: 'fail' | 'recover';
  /** What was seen, once it is true; null: not yet. */
  seen(view: StoryView): string | null;
}

/** The site and the servers of the story: the preferred one fails, the standby takes over. */
export interface Cast {
  site: string;
  primary: string;
  standby: string;
}

const SECOND = 1000;

/** The story, step by step. Each is true only by what the edge and the agent themselves say of their state. */
export function storySteps({ site, primary, standby }: Cast): StoryStep[] {
  const siteOf = (view: StoryView) => view.status.sites.find(({ id }) => id === site);
  const healthOf = (view: StoryView, server: string) => view.status.servers.find(({ id }) => id === server)?.health;
  /** The edge wants these shares, and the router has them, of the same epoch. */
  const carried = (view: StoryView, shares: Record<string, number>): string | null => {
    const edge = siteOf(view);
    const { agent } = view;
    if (edge === undefined || agent === null || agent.applied !== edge.epoch || edge.epoch === 0) return null;
    for (const [server, share] of Object.entries(shares)) {
      const path = agent.paths.find((one) => one.server === server);
      if (edge.weights[server] !== share || path?.weight !== share) return null;
    }
    return `epoch ${edge.epoch}, applied by the router`;
  };
  const stage = (percent: number): StoryStep => ({
    what: `the router sends ${percent} % of new connections back to ${primary}`,
    withinMs: percent === 10 ? 45 * SECOND : 20 * SECOND,
    seen: (view) => carried(view, { [primary]: percent, [standby]: 100 - percent }),
  });
  return [
    {
      what: 'every vantage sees all servers up',
      withinMs: 30 * SECOND,
      seen: ({ status }) => {
        const votes = status.servers.flatMap((server) => server.votes);
        const upEverywhere = votes.length >= status.servers.length * status.vantages.length && votes.every(({ vote }) => vote === 'up');
        const healthy = status.servers.length > 0 && status.servers.every(({ health }) => health === 'up');
        return upEverywhere && healthy ? `${status.servers.length} servers, ${status.vantages.length} vantages` : null;
      },
    },
    {
      what: `the router sends everything through ${primary}`,
      withinMs: 20 * SECOND,
      seen: (view) => (siteOf(view)?.agent.online === true ? carried(view, { [primary]: 100, [standby]: 0 }) : null),
    },
    {
      what: `the router moves to ${standby} by itself`,
      withinMs: 10 * SECOND,
      action: 'fail',
      seen: ({ agent }) => (agent?.carrying === standby && carries(agent, standby) ? `its own heartbeats were enough` : null),
    },
    {
      what: 'the router tells how long traffic was away',
      withinMs: 10 * SECOND,
      seen: ({ status }) => {
        const entry = status.timeline.find((one) => one.kind === 'measured' && one.from === primary && one.to === standby);
        return entry?.outageMs === undefined ? null : `away for ${duration(entry.outageMs)}`;
      },
    },
    {
      what: `the edge confirms the cut to ${standby}`,
      withinMs: 15 * SECOND,
      seen: (view) => (siteOf(view)?.active === standby ? carried(view, { [primary]: 0, [standby]: 100 }) : null),
    },
    {
      what: `${primary} is seen down from outside`,
      withinMs: 30 * SECOND,
      seen: (view) => (healthOf(view, primary) === 'down' ? 'by a majority of the vantages' : null),
    },
    {
      what: `${primary} is seen up again from outside`,
      withinMs: 30 * SECOND,
      action: 'recover',
      seen: (view) => (healthOf(view, primary) === 'up' ? 'by a majority of the vantages' : null),
    },
    stage(10),
    stage(50),
    stage(100),
    {
      what: 'no incident is open and the timeline tells it in this order',
      withinMs: 10 * SECOND,
      seen: ({ status }) => {
        const open = status.incidents.filter(({ endedAt }) => endedAt === null);
        return open.length === 0 && timelineProblem(status.timeline, { site, primary, standby }) === null
          ? 'failover, then 10, 50, 100 %'
          : null;
      },
    },
  ];
}

function carries(agent: AgentStatus, server: string): boolean {
  return agent.paths.every((path) => path.weight === (path.server === server ? 100 : 0));
}

/**
 * Whether the moves of the site, in the order of their epochs, are those of the story and no others: 100 % to the primary, the cut to the
 * standby, and the return by 10, 50 and 100 %. Null, or what is wrong.
 */
export function timelineProblem(timeline: readonly TimelineEntry[], { site, primary, standby }: Cast): string | null {
  const moves = timeline.filter((entry) => entry.site === site && entry.epoch !== undefined && entry.weights !== undefined);
  moves.sort((a, b) => (a.epoch ?? 0) - (b.epoch ?? 0));
  const told = moves.map(({ weights = {}, mode }) => `${weights[primary] ?? 0}/${weights[standby] ?? 0}${mode === 'cut' ? ' cut' : ''}`);
  const start = told.lastIndexOf('0/100 cut');
  if (start < 1) return `the timeline has no cut from ${primary} to ${standby}: ${told.join(', ')}`;
  const way = told.slice(start - 1).map((move, index) => (index === 0 ? move.replace(' cut', '') : move));
  const right = ['100/0', '0/100 cut', '10/90', '50/50', '100/0'];
  return way.join(', ') === right.join(', ') ? null : `the moves were ${way.join(', ')} instead of ${right.join(', ')}`;
}
