import type { Weights } from '../protocol/health.ts';
import { coldStart, coldStartDueMs } from './cold-start.ts';
import { rollBack, watchDrill } from './drill.ts';
import { failBack, stageDueMs } from './failback.ts';
import { allocateAll, carries, failOver, type Move, successionMs } from './failover.ts';
import { holdOf } from './hold.ts';
import { applyOverride, control, controlsOf, expireOverride, type Refusal } from './override.ts';
import { qualityDueMs, recordQuality } from './quality.ts';
import { reshape } from './reshape.ts';
import { draftOf, fitToRules, type Override, type SiteServerState, type SiteState } from './site-state.ts';
import { downForSureMs, inPreference, restedMs, type Standing, standings } from './standing.ts';
import type { Ms, SiteEffect, SiteEvent, SiteRules } from './types.ts';
import { endResignations, RESIGN_LAPSES_AFTER_MS, recordFitness } from './upkeep.ts';

export { emptySite, type SiteState } from './site-state.ts';

/**
 * The site's judge. All `events` are of the instant `t`: they are observed first, in no particular order, then it decides once. Call it with
 * no events when `siteDueMs` is reached. The state that came in is not touched.
 *
 * At most one directive comes out of an instant. Save `state` before you act on `effects`.
 */
export function stepSite(
  before: SiteState,
  rules: SiteRules,
  instant: { t: Ms; events: readonly SiteEvent[] },
): { state: SiteState; effects: SiteEffect[]; why: string } {
  const state = draftOf(before);
  const effects = advanceSite(state, rules, instant.t, instant.events);
  return { state, effects, why: state.why };
}

/** `stepSite` in place, for a caller that owns the state. */
export function advanceSite(site: SiteState, rules: SiteRules, t: Ms, events: readonly SiteEvent[]): SiteEffect[] {
  const overrideBefore = site.override;
  fitToRules(site, rules);
  site.startedMs ??= t;
  site.tMs = t;
  for (const event of events) observe(site, t, event);
  for (const event of events) latch(site, event);
  endResignations(site, rules, t);
  expireOverride(site, t);
  recordQuality(site, rules, t);
  const all = standings(site, rules, t);
  recordFitness(all, rules, t);
  const effects: SiteEffect[] = [];
  for (const event of controlsOf(events)) {
    const refusal = control(site, all, rules, t, event);
    if (refusal !== null) effects.push(refusalHold(rules, t, refusal));
  }
  watchDrill(site, all, rules, t);
  if (site.override !== overrideBefore) all.sort(inPreference(site, rules));
  const move = decide(site, all, rules, t, overrideBefore);
  if (move !== null) direct(site, all, rules, t, move, effects);
  hold(site, all, rules, t, effects);
  site.dueMs = dueMs(site, all, rules, t, move !== null);
  return effects;
}

/** When the site's judge wants to be called next without events; null: nothing is pending. */
export function siteDueMs(site: SiteState): Ms | null {
  return site.dueMs;
}

function observe(site: SiteState, t: Ms, event: SiteEvent): void {
  if (event.type === 'poll' || event.type === 'path') site.heardMs = t;
  if (event.type === 'poll') {
    site.applied = Math.max(site.applied, event.applied);
    for (const server of Object.values(site.servers)) server.latched = false;
    return;
  }
  const server = 'server' in event ? site.servers[event.server] : undefined;
  if (server === undefined) return;
  if (event.type === 'health') {
    server.health = event.health;
    server.healthWhy = event.why;
    server.downMs = event.health === 'down' ? (server.downMs ?? t) : null;
  } else if (event.type === 'resign') {
    server.resigned = { t, seenDown: false };
  } else if (event.type === 'path') {
    hearPath(server, t, event);
  }
}

/** Of two lines of one instant about the same path the better counts, value by value, whatever their order: it was answered. */
function hearPath(server: SiteServerState, t: Ms, said: Extract<SiteEvent, { type: 'path' }>): void {
  const { alive, rttMs = null, loss = null } = said;
  const wan = said.wan ?? '';
  const known = server.paths[wan];
  if (known === undefined) {
    server.paths[wan] = { alive, t, aliveT: alive ? t : null, rttMs, loss };
    return;
  }
  const again = known.t === t;
  // What is lost on a dead path says nothing of it alive.
  if (alive && !known.alive) known.loss = null;
  const lost = !alive && again && known.alive ? null : loss;
  known.alive = alive || (again && known.alive);
  known.t = t;
  if (alive) known.aliveT = t;
  known.rttMs = again ? lower(known.rttMs, rttMs) : (rttMs ?? known.rttMs);
  known.loss = again ? lower(known.loss, lost) : (lost ?? known.loss);
}

function lower(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** After all else of the instant, because a poll in it says that older latches are over. */
function latch(site: SiteState, event: SiteEvent): void {
  if (event.type !== 'latched') return;
  const server = site.servers[event.server];
  if (server !== undefined) server.latched = true;
}

/** Safety first, then people's wishes, then the way back: the first that has a reason to move traffic speaks. */
function decide(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, before: Override | null): Move | null {
  if (site.weights === null) return coldStart(site, all, rules, t);
  const wish = applyOverride(site, all, before);
  const move = failOver(site, all, rules, t) ?? wish ?? rollBack(site, all, t);
  return move ?? failBack(site, all, rules, t) ?? reshape(site, all, rules, site.override !== before);
}

function direct(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, move: Move, effects: SiteEffect[]): void {
  const weights = allocateAll(site, all, rules);
  if (weights === null) return;
  const active = activeOf(all, weights);
  if (rules.policy === 'priority') for (const server of all) if (weights[server.id] === 0) server.state.ramp = 0;
  if (site.active === active && sameWeights(site.weights, weights)) return;
  site.epoch = Math.max(site.epoch, site.applied) + 1;
  Object.assign(site, { active, weights, mode: move.mode, blame: move.blame, why: move.why, sinceMs: t });
  for (const server of all) server.state.latched = false;
  effects.push({
    t,
    type: 'directive',
    site: rules.id,
    epoch: site.epoch,
    mode: move.mode,
    active,
    weights,
    blame: move.blame,
    why: move.why,
  });
}

/** The one with the most; of equals the preferred one. */
function activeOf(all: readonly Standing[], weights: Weights): string {
  let best = all[0]?.id ?? '';
  for (const { id } of all) if ((weights[id] ?? 0) > (weights[best] ?? 0)) best = id;
  return best;
}

function sameWeights(a: Weights | null, b: Weights): boolean {
  if (a === null || Object.keys(a).length !== Object.keys(b).length) return false;
  return Object.entries(b).every(([id, weight]) => a[id] === weight);
}

function hold(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, effects: SiteEffect[]): void {
  const now = holdOf(site, all, rules, t);
  if (now.blame === site.hold) return;
  site.hold = now.blame;
  effects.push({ t, type: 'hold', site: rules.id, blame: now.blame, why: now.why });
}

function refusalHold(rules: SiteRules, t: Ms, refusal: Refusal): SiteEffect {
  return { t, type: 'hold', site: rules.id, blame: refusal.blame, why: refusal.why };
}

/** The earliest time after `t` at which something can change without new evidence. */
function dueMs(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, moved: boolean): Ms | null {
  let due = Number.POSITIVE_INFINITY;
  const consider = (at: Ms | null): void => {
    if (at !== null && at > t && at < due) due = at;
  };
  consider(coldStartDueMs(site, rules));
  consider(site.override?.untilMs ?? null);
  consider((site.heardMs ?? site.startedMs ?? t) + rules.leaseMs);
  for (const server of all) {
    const stageMs = stageDueMs(site, server, all, rules);
    // What was due now but had to let another move go first.
    consider(moved && stageMs !== null && stageMs <= t ? t + 1 : stageMs);
    consider(downForSureMs(server.state));
    consider(qualityDueMs(server.state, rules));
    if (rules.quality !== undefined) consider(restedMs(server.state));
    for (const wan in server.state.paths) consider((server.state.paths[wan]?.t ?? 0) + rules.leaseMs);
    if (server.state.resigned === null) continue;
    consider(server.state.resigned.t + RESIGN_LAPSES_AFTER_MS);
    if (carries(site, server)) consider(successionMs(server, all, rules, t));
  }
  return Number.isFinite(due) ? due : null;
}

/**
 * The same weights under a new epoch, above everything that the agent ever applied: for an edge that lost its state and must be believed again.
 * Null when there is nothing to say yet or no need.
 */
export function reassert(before: SiteState, rules: SiteRules, t: Ms): { state: SiteState; effects: SiteEffect[]; why: string } | null {
  if (before.weights === null || before.active === null || before.applied <= before.epoch) return null;
  const site = draftOf(before);
  site.epoch = site.applied + 1;
  const why = `the router had applied epoch ${site.applied}, above ours: the edge says its weights again`;
  const { active, weights } = before;
  const effect: SiteEffect = {
    t,
    type: 'directive',
    site: rules.id,
    epoch: site.epoch,
    mode: 'drain',
    active,
    weights,
    blame: 'none',
    why,
  };
  return { state: { ...site, mode: 'drain', why, sinceMs: t }, effects: [effect], why };
}
