import { addFlap } from './damping.ts';
import { carries, type Move } from './failover.ts';
import { readingOf } from './quality.ts';
import type { SiteState } from './site-state.ts';
import type { Standing } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';
import * as why from './why.ts';

/**
 * Nobody returns to a path that loses so much more, as a share, than the one that carries. Whether a bad path is left is a policy (`quality`); to go from
 * a good one to it is none. (A primary that comes back with 40 % loss after a cut would get everything within three minutes.)
 */
const MORE_LOSS = 0.1;

function losesMore(site: SiteState, server: Standing, all: readonly Standing[], rules: SiteRules): boolean {
  const lossOf = ({ state }: Standing) => readingOf(state, rules.leaseMs, site.tMs).loss ?? 0;
  const carriers = all.filter((other) => other !== server && carries(site, other));
  return carriers.length > 0 && carriers.every((other) => lossOf(server) > lossOf(other) + MORE_LOSS);
}

/** Whether this server should get more than it has: it is preferred to one that carries, and the policy lets it return. */
function wantsMore(site: SiteState, server: Standing, all: readonly Standing[], rules: SiteRules): boolean {
  if (server.state.ramp >= 100 || !server.fit) return false;
  const pinned = site.override?.server ?? null;
  if (pinned !== null) return pinned === server.id;
  if (losesMore(site, server, all, rules)) return false;
  if (rules.policy === 'weighted') return true;
  const others = all.slice(all.indexOf(server) + 1).filter((other) => carries(site, other));
  if (!rules.preempt) return others.length > 0 && (server.state.displaced || server.state.ramp > 0);
  const began = server.state.displaced || server.state.ramp > 0;
  return others.some(({ rules: { priority } }) => priority < server.rules.priority || (began && priority === server.rules.priority));
}

/** When a server's next stage is due: after its hold-down, at once if it was only moved aside, or after the soak of the stage before. */
export function stageDueMs(site: SiteState, server: Standing, all: readonly Standing[], rules: SiteRules): Ms | null {
  const { state } = server;
  if (state.fitMs === null || !wantsMore(site, server, all, rules)) return null;
  if (state.ramp === 0) return Math.max(state.displaced ? state.fitMs : state.fitMs + state.holdDownMs, othersSoakedMs(server, all, rules));
  return Math.max(state.stageMs, state.fitMs) + rules.stageSoakMs;
}

/** Where all carry, the next one waits until the last stage of the one before has soaked too. */
function othersSoakedMs(server: Standing, all: readonly Standing[], rules: SiteRules): Ms {
  if (rules.policy !== 'weighted') return 0;
  const stages = all.filter((other) => other !== server && other.state.ramp === 100 && other.state.stageMs > 0);
  return Math.max(0, ...stages.map((other) => other.state.stageMs + rules.stageSoakMs));
}

/**
 * Moves the best returning server one stage up when it is due. Writes its ramp. One server returns at a time, so that a regression has one suspect.
 */
export function failBack(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Move | null {
  const back = regress(site, all, rules, t);
  if (back !== null) return back;
  for (const server of all) {
    const dueMs = stageDueMs(site, server, all, rules);
    if (dueMs === null) continue;
    if (t >= dueMs) return advance(server, rules, t);
    if (server.state.ramp > 0) return null;
  }
  return null;
}

/** A server that goes down outside in the middle of its return goes back at once, though the router still reaches it: another one is well. */
function regress(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Move | null {
  const server = all.find(({ state }) => state.ramp > 0 && state.ramp < 100 && state.health === 'down');
  if (server === undefined || !all.some((other) => other !== server && other.fit && carries(site, other))) return null;
  const from = server.state.ramp;
  server.state.ramp = 0;
  server.state.wasFit = false;
  server.state.displaced = false;
  server.state.penalty = addFlap(server.state.penalty, t, rules.damping.halfLifeMs);
  return { blame: 'stage', mode: 'drain', why: why.regressed(server, from) };
}

function advance(server: Standing, rules: SiteRules, t: Ms): Move {
  const { state } = server;
  const from = state.ramp;
  const fitForMs = t - (state.fitMs ?? t);
  // Without a soak the stages would only follow each other at once.
  state.ramp = (rules.stageSoakMs === 0 ? undefined : rules.failbackStages.find((stage) => stage > from)) ?? 100;
  state.stageMs = t;
  const first = from === 0;
  const sentence = first ? why.returns(server, fitForMs, state.displaced) : why.stage(server, from, rules.stageSoakMs);
  if (state.ramp === 100) state.displaced = false;
  return { blame: first ? 'preempt' : 'stage', mode: 'drain', why: sentence };
}
