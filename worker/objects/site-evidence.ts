import type { SiteEvent } from '../engine/types.ts';
import type { Report } from '../protocol/report.ts';
import type { SiteSnapshot } from './contract.ts';
import type { SiteFacts } from './site-facts.ts';

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
  if (report.seq > (facts.directive?.basis ?? 0)) {
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
