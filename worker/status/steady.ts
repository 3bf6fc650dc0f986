import type { ServerStatus, SiteStatus, Status } from '../protocol/status.ts';

/*
 * The picture without its readings: what an ETag is made of. Times of looking, latencies and loss are other ones after every round, also while
 * nothing has happened; who wants to follow them reads `/metrics`.
 */

export function steadyStatus(status: Status): Partial<Status> {
  const { at: _, budget, ...lasting } = status;
  return {
    ...lasting,
    servers: status.servers.map(steadyServer),
    sites: status.sites.map(steadySite),
    vantages: status.vantages.map(({ id, region, colo, sighted }) => ({ id, region, colo, sighted, at: null })),
    ...(budget === undefined ? {} : { budget: { ...budget, used: {} } }),
  };
}

/** A vote counts, and not how often it has been the same (which its `why` says). */
export function steadyServer<Server extends ServerStatus>(server: Server): Server {
  return { ...server, votes: server.votes.map(({ vantage, vote }) => ({ vantage, vote, latencyMs: null, at: null, why: '' })) };
}

export function steadySite(site: SiteStatus): SiteStatus {
  const paths = site.paths.map((path) => ({ ...path, rttMs: null, loss: null }));
  return { ...site, paths, ...(site.mptcp === undefined ? {} : { mptcp: site.mptcp.map(steadyMptcp) }) };
}

/** Whether a WAN is a backup, and whether it has subflows at all. How many there are changes with each connection of the router. */
export function steadyMptcp<Wan extends { subflows: number; retransmissions: number }>(wan: Wan): Wan {
  return { ...wan, subflows: Math.min(1, wan.subflows), retransmissions: 0 };
}
