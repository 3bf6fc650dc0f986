import type { SiteState } from '../engine/site.ts';
import type { SiteEvent, SiteRules } from '../engine/types.ts';
import type { Directive } from '../protocol/directive.ts';
import type { Report } from '../protocol/report.ts';
import type { SiteSnapshot } from './contract.ts';
import type { SiteFacts } from './site-facts.ts';

/** Alarms come up to a minute late (Cloudflare's documentation). One that is later was kept from coming: the edge itself was away. */
const LATEST_ALARM_MS = 60_000;

/**
 * The judge's state for a site that wakes without a socket that remembers the last report. When the rows cannot know how long the agent was heard
 * after them, or the edge itself was away, the silence is ours and not the agent's: the evidence counts as if it were of now, and the agent has a
 * lease to be heard again. Otherwise every restart of the edge would take the routers for lost, and could move their traffic.
 */
export function afterSilence({ state, agent }: SiteFacts, rules: SiteRules, nowMs: number): SiteState | null {
  if (state === null || state.heardMs === null || !agent.online) return state;
  const known = agent.leftMs !== null && nowMs <= state.heardMs + rules.leaseMs + LATEST_ALARM_MS;
  const agedMs = nowMs - state.heardMs;
  if (known || agedMs <= 0) return state;
  const servers: SiteState['servers'] = {};
  for (const [id, server] of Object.entries(state.servers)) {
    const paths = Object.entries(server.paths).map(([wan, path]) => {
      const aliveT = path.aliveT === null ? null : path.aliveT + agedMs;
      return [wan, { ...path, t: path.t + agedMs, aliveT }] as const;
    });
    servers[id] = { ...server, paths: Object.fromEntries(paths) };
  }
  return { ...state, heardMs: nowMs, servers };
}

/**
 * The judge's state without paths that the router does not name any more: a report carries all of them, and one of a WAN that is gone must not count as
 * alive until its evidence expires. A server without any path in the report is another matter: of that nothing was said.
 */
export function withoutGonePaths(state: SiteState | null, report: Report): SiteState | null {
  if (state === null) return null;
  const servers = Object.entries(state.servers).map(([id, server]) => {
    const named = report.paths.flatMap((path) => (path.server === id ? [path.wan ?? ''] : []));
    const kept = Object.entries(server.paths).filter(([wan]) => named.includes(wan));
    const isSame = named.length === 0 || kept.length === Object.keys(server.paths).length;
    return [id, isSame ? server : { ...server, paths: Object.fromEntries(kept) }] as const;
  });
  return { ...state, servers: Object.fromEntries(servers) };
}

/**
 * The directive as it concerns the agent that reports. Each agent counts its reports for itself, as does one that lost its state: when another one speaks
 * than before, and its count is not above the `basis`, the `basis` is of a count that means nothing to it. None of its cuts is known then.
 */
export function directiveFor({ directive, agent }: SiteFacts, report: Report): Directive | null {
  if (directive === null || report.instance === agent.speaker || report.seq > directive.basis) return directive;
  return { ...directive, basis: 0 };
}

/** A report as one instant of evidence. A cut that the router made after the last directive was decided still stands (`latched`). */
export function eventsOfReport(report: Report, facts: SiteFacts): SiteEvent[] {
  const events: SiteEvent[] = [{ type: 'poll', applied: report.applied }];
  for (const path of report.paths) {
    events.push({
      type: 'path',
      server: path.server,
      alive: path.alive,
      ...(path.wan === undefined ? {} : { wan: path.wan }),
      ...(path.rttMs === undefined || path.rttMs === null ? {} : { rttMs: path.rttMs }),
      ...(path.loss === undefined ? {} : { loss: path.loss }),
    });
  }
  if (report.seq > (directiveFor(facts, report)?.basis ?? 0)) {
    for (const server of report.latched ?? []) events.push({ type: 'latched', server });
  }
  return events;
}

/** What a snapshot says that the judge has not heard yet: changed verdicts, and resignations once each. */
export function eventsOfSnapshot(snapshot: SiteSnapshot, facts: SiteFacts): { events: SiteEvent[]; resigned: Record<string, number> } {
  const events: SiteEvent[] = [];
  const resigned: Record<string, number> = {};
  for (const { id } of snapshot.site?.rules.servers ?? []) {
    const now = snapshot.health[id];
    if (now === undefined) continue;
    const known = facts.state?.servers[id];
    if (known?.health !== now.health || known.healthWhy !== now.why) {
      events.push({ type: 'health', server: id, health: now.health, why: now.why });
    }
    if (now.resignedAtMs === null) continue;
    resigned[id] = now.resignedAtMs;
    if (facts.resigned[id] !== now.resignedAtMs) events.push({ type: 'resign', server: id });
  }
  return { events, resigned };
}
