import { carries, type Move } from './failover.ts';
import { readingOf } from './quality.ts';
import type { Drill, Reading, SiteState } from './site-state.ts';
import type { Standing } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';
import * as why from './why.ts';

/** More loss than before by this much (share, 0–1) is worse. */
const LOSS_MARGIN = 0.05;
/** A round-trip time of more than twice what either path had before, and at least this much longer, is worse. */
const RTT_MARGIN_MS = 100;
const RTT_FACTOR = 2;

/** The record of a drill that is about to switch from the Active to `standby`. */
export function beginDrill(site: SiteState, active: Standing, standby: Standing, rules: SiteRules, t: Ms): Drill {
  const before = worse(readingOf(active.state, rules.leaseMs, t), readingOf(standby.state, rules.leaseMs, t));
  return {
    server: standby.id,
    from: active.id,
    startedMs: t,
    epoch: Math.max(site.epoch, site.applied) + 1,
    appliedMs: null,
    endedMs: null,
    result: 'running',
    before,
    worst: { loss: null, rttMs: null },
    why: why.drillRuns(standby.id, active.id),
  };
}

/** Measures a running drill and writes its record, in place; ends it when its time is over, when anything is worse, or when something else took over. */
export function watchDrill(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): void {
  const { drill } = site;
  if (drill?.result !== 'running' || t === drill.startedMs) return;
  const standby = all.find(({ id }) => id === drill.server);
  const appliedMs = drill.appliedMs ?? (site.applied >= drill.epoch ? t : null);
  const worst = standby === undefined ? drill.worst : worse(drill.worst, readingOf(standby.state, rules.leaseMs, t));
  const now: Drill = { ...drill, appliedMs, worst };
  const end = (result: Drill['result'], reason: string): Drill => ({
    ...now,
    endedMs: t,
    result,
    why: why.drillEnds(now, result, reason, t),
  });
  const trouble = standby === undefined ? 'it left the site' : troubleOf(standby, now);
  if (site.override?.kind === 'drill' && trouble === null) {
    if (appliedMs !== drill.appliedMs || worst.loss !== drill.worst.loss || worst.rttMs !== drill.worst.rttMs) site.drill = now;
    return;
  }
  if (trouble !== null) site.drill = end('rolled-back', trouble);
  else if (site.override !== null) site.drill = end('interrupted', `pinned to ${site.override.server} by hand`);
  else site.drill = end(appliedMs === null ? 'unconfirmed' : 'passed', '');
  if (site.override?.kind === 'drill') site.override = null;
}

function troubleOf(standby: Standing, { before, worst }: Drill): string | null {
  if (!standby.fit) return why.unfit(standby);
  if ((worst.loss ?? 0) > (before.loss ?? 0) + LOSS_MARGIN)
    return `${why.percent(worst.loss ?? 0)} loss instead of ${why.percent(before.loss ?? 0)}`;
  const rttLimitMs = Math.max(RTT_FACTOR * (before.rttMs ?? 0), (before.rttMs ?? 0) + RTT_MARGIN_MS);
  if (before.rttMs !== null && (worst.rttMs ?? 0) > rttLimitMs)
    return `${Math.round(worst.rttMs ?? 0)} ms round trip instead of ${Math.round(before.rttMs)} ms`;
  return null;
}

/** The larger of each. */
function worse(a: Reading, b: Reading): Reading {
  const larger = (x: number | null, y: number | null) => (x === null || y === null ? (x ?? y) : Math.max(x, y));
  return { loss: larger(a.loss, b.loss), rttMs: larger(a.rttMs, b.rttMs) };
}

/** After a drill that went wrong, all traffic goes back at once to those that carried it before and are well. Writes the ramps. */
export function rollBack(site: SiteState, all: readonly Standing[], t: Ms): Move | null {
  const { drill } = site;
  if (drill?.result !== 'rolled-back' || drill.endedMs !== t) return null;
  const back = all.filter(({ id, state, fit }) => id !== drill.server && state.displaced && fit);
  const standby = all.find(({ id }) => id === drill.server);
  if (back.length === 0 || standby === undefined || !carries(site, standby)) return null;
  for (const { state } of back) {
    state.ramp = 100;
    state.displaced = false;
  }
  standby.state.ramp = 0;
  return { blame: 'drill', mode: 'drain', why: drill.why };
}
