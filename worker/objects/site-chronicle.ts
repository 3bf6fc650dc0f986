import type { SiteState } from '../engine/site.ts';
import type { Drill } from '../engine/site-state.ts';
import type { DirectiveEffect, HoldEffect, SiteEffect } from '../engine/types.ts';
import type { Blame } from '../protocol/health.ts';
import type { Incident, TimelineEntry } from '../protocol/status.ts';
import type { OpenIncidents, SiteFacts } from './site-facts.ts';

/** Holds that mean trouble for the people behind the router. The others only say why a control or a return has to wait. */
const TROUBLE = new Set<Blame>([
  'server-down',
  'path-down',
  'uplink-down',
  'outside-only',
  'site-unseen',
  'monitor-doubtful',
  'site-offline',
]);

interface Chronicle {
  entries: TimelineEntry[];
  /** Opened or closed at this instant. */
  incidents: Incident[];
  open: OpenIncidents;
}

/** What the judge's effects mean for people: timeline entries, and the site's incidents. Every id is unique and stable. */
export function chronicle(before: SiteFacts, after: SiteState, site: string, t: number, effects: readonly SiteEffect[]): Chronicle {
  const at = new Date(t).toISOString();
  const from = before.state?.active ?? null;
  const entries = effects.map((effect) => (effect.type === 'hold' ? holdEntry(effect, at) : directiveEntry(effect, from, at)));
  const record = drillEntry(before.state?.drill ?? null, after.drill, site);
  if (record !== null) entries.push(record);
  const incidents: Incident[] = [];
  const open: OpenIncidents = { ...before.open };
  const close = (incident: Incident): void => {
    incidents.push({ ...incident, endedAt: at });
  };

  const hold = effects.find((effect) => effect.type === 'hold' && effect.blame === after.hold);
  if (open.hold !== null && (hold !== undefined || after.hold === 'none')) {
    close(open.hold);
    open.hold = null;
  }
  if (hold !== undefined && TROUBLE.has(hold.blame)) {
    open.hold = { id: `site/${site}/hold-${t}`, site, startedAt: at, endedAt: null, why: hold.why };
    incidents.push(open.hold);
  }

  if (open.cut !== null && wellAgain(after, open.cut.server)) {
    close(open.cut.incident);
    open.cut = null;
  }
  const cut = effects.find((effect) => effect.type === 'directive' && effect.mode === 'cut' && TROUBLE.has(effect.blame));
  const left = cut?.type === 'directive' ? lostBy(before.state?.weights ?? {}, cut) : undefined;
  if (cut?.type === 'directive' && left !== undefined) {
    if (open.cut !== null) close(open.cut.incident);
    const incident: Incident = { id: `site/${site}/epoch-${cut.epoch}`, site, startedAt: at, endedAt: null, why: cut.why };
    open.cut = { incident, server: left };
    incidents.push(incident);
  }
  return { entries, incidents, open };
}

/** The server that carried most of what the cut moved; none: it moved nothing away from anywhere. */
function lostBy(before: Readonly<Record<string, number>>, cut: DirectiveEffect): string | undefined {
  const lost = Object.entries(before).filter(([server, weight]) => weight > 0 && (cut.weights[server] ?? 0) === 0);
  return lost.sort(([, one], [, other]) => other - one)[0]?.[0];
}

/** Fit to carry traffic again, or no longer a server of this site. */
function wellAgain(state: SiteState, server: string): boolean {
  const known = state.servers[server];
  return known === undefined || known.fitMs !== null;
}

function holdEntry(effect: HoldEffect, at: string): TimelineEntry {
  return {
    id: `site/${effect.site}/hold-${effect.blame}-${effect.t}`,
    at,
    kind: 'hold',
    why: effect.why,
    site: effect.site,
    blame: effect.blame,
  };
}

/** The result of a drill that ended just now. */
function drillEntry(before: Drill | null, after: Drill | null, site: string): TimelineEntry | null {
  if (after === null || after.endedMs === null || before?.endedMs === after.endedMs) return null;
  const { endedMs, server, from, why } = after;
  return { id: `site/${site}/drill-${endedMs}`, at: new Date(endedMs).toISOString(), kind: 'drill', why, site, server, from };
}

function directiveEntry(effect: DirectiveEffect, from: string | null, at: string): TimelineEntry {
  return {
    id: `site/${effect.site}/epoch-${effect.epoch}`,
    at,
    kind: kindOf(effect),
    why: effect.why,
    site: effect.site,
    ...(from === null ? {} : { from }),
    to: effect.active,
    epoch: effect.epoch,
    mode: effect.mode,
    blame: effect.blame,
    weights: effect.weights,
  };
}

/** A return to the preferred server, all at once or by stages, is a failback; all else that moves traffic is a switch. */
function kindOf(effect: DirectiveEffect): 'switch' | 'failback' | 'drill' {
  if (effect.blame === 'drill') return 'drill';
  return effect.blame === 'stage' || effect.blame === 'preempt' ? 'failback' : 'switch';
}
