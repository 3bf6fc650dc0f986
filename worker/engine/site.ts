import type { Weights } from '../protocol/health.ts';
import { allocate } from './allocate.ts';
import { coldStart, coldStartDueMs } from './cold-start.ts';
import { failBack, stageDueMs } from './failback.ts';
import { carries, failOver, type Move, successionMs } from './failover.ts';
import { holdOf } from './hold.ts';
import { applyOverride, control, expireOverride, type Refusal } from './override.ts';
import { draftOf, type SiteState } from './site-state.ts';
import { type Standing, standings } from './standing.ts';
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
  const { t } = instant;
  const site = draftOf(before, rules);
  site.startedMs ??= t;
  site.tMs = t;
  for (const event of instant.events) observe(site, t, event);
  for (const event of instant.events) latch(site, event);
  endResignations(site, rules, t);
  expireOverride(site, t);
  recordFitness(standings(site, rules, t), rules, t);
  const effects: SiteEffect[] = [];
  for (const event of instant.events) {
    const refusal = control(site, standings(site, rules, t), rules, t, event);
    if (refusal !== null) effects.push(refusalHold(rules, t, refusal));
  }
  const all = standings(site, rules, t);
  const move = decide(site, all, rules, t, before);
  if (move !== null) direct(site, all, rules, t, move, effects);
  hold(site, all, rules, t, effects);
  site.dueMs = dueMs(site, all, rules, t);
  return { state: site, effects, why: site.why };
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
  } else if (event.type === 'resign') {
    server.resigned = { t, seenDown: false };
  } else if (event.type === 'path') {
    const wan = event.wan ?? '';
    const known = server.paths[wan];
    server.paths[wan] = {
      alive: event.alive,
      t,
      aliveT: event.alive ? t : (known?.aliveT ?? null),
      rttMs: event.rttMs ?? known?.rttMs ?? null,
      loss: event.loss ?? known?.loss ?? null,
    };
  }
}

/** After all else of the instant, because a poll in it says that older latches are over. */
function latch(site: SiteState, event: SiteEvent): void {
  if (event.type !== 'latched') return;
  const server = site.servers[event.server];
  if (server !== undefined) server.latched = true;
}

/** Safety first, then people's wishes, then the way back: the first that has a reason to move traffic speaks. */
function decide(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, before: SiteState): Move | null {
  if (site.weights === null) return coldStart(site, all, rules, t);
  const wish = applyOverride(site, all, before.override);
  return failOver(site, all, rules, t) ?? wish ?? failBack(site, all, rules, t);
}

function direct(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, move: Move, effects: SiteEffect[]): void {
  const shares = all.map((server) => ({ id: server.id, weight: server.rules.weight, ramp: server.state.ramp }));
  const cascade = allocate(site.override === null ? rules.policy : 'priority', shares);
  if (cascade === null) return;
  const weights: Weights = Object.fromEntries(rules.servers.map(({ id }) => [id, cascade[id] ?? 0]));
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
function dueMs(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Ms | null {
  let due = Number.POSITIVE_INFINITY;
  const consider = (at: Ms | null): void => {
    if (at !== null && at > t && at < due) due = at;
  };
  consider(coldStartDueMs(site, rules));
  consider(site.override?.untilMs ?? null);
  consider((site.heardMs ?? site.startedMs ?? t) + rules.leaseMs);
  for (const server of all) {
    consider(stageDueMs(site, server, all, rules));
    for (const path of Object.values(server.state.paths)) consider(path.t + rules.leaseMs);
    if (server.state.resigned === null) continue;
    consider(server.state.resigned.t + RESIGN_LAPSES_AFTER_MS);
    if (carries(site, server)) consider(successionMs(server, all));
  }
  return Number.isFinite(due) ? due : null;
}

/**
 * The same weights under a new epoch, above everything that the agent ever applied: for an edge that lost its state and must be believed again.
 * Null when there is nothing to say yet or no need.
 */
export function reassert(before: SiteState, rules: SiteRules, t: Ms): { state: SiteState; effects: SiteEffect[]; why: string } | null {
  if (before.weights === null || before.active === null || before.applied <= before.epoch) return null;
  const site = draftOf(before, rules);
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
