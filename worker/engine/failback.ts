import { carries, type Move } from './failover.ts';
import type { SiteState } from './site-state.ts';
import type { Standing } from './standing.ts';
import type { Ms, SiteRules } from './types.ts';
import * as why from './why.ts';

/** Whether this server should get more than it has: it is preferred to one that carries, and the policy lets it return. */
function wantsMore(site: SiteState, server: Standing, all: readonly Standing[], rules: SiteRules): boolean {
  if (server.state.ramp >= 100 || !server.fit) return false;
  const pinned = site.override?.server ?? null;
  if (pinned !== null) return pinned === server.id;
  if (rules.policy === 'weighted') return true;
  if (!rules.preempt && server.state.ramp === 0) return false;
  const place = all.indexOf(server);
  return all.some((other, i) => i > place && other.rules.priority < server.rules.priority && carries(site, other));
}

/** When a server's next stage is due: after its hold-down, at once if it was only moved aside, or after the soak of the stage before. */
export function stageDueMs(site: SiteState, server: Standing, all: readonly Standing[], rules: SiteRules): Ms | null {
  const { state } = server;
  if (state.fitMs === null || !wantsMore(site, server, all, rules)) return null;
  if (state.ramp === 0) return state.displaced ? state.fitMs : state.fitMs + state.holdDownMs;
  return Math.max(state.stageMs, state.fitMs) + rules.stageSoakMs;
}

/**
 * Moves the best returning server one stage up when it is due. Writes its ramp. One server returns at a time, so that a regression has one suspect.
 */
export function failBack(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms): Move | null {
  for (const server of all) {
    const dueMs = stageDueMs(site, server, all, rules);
    if (dueMs === null) continue;
    if (t >= dueMs) return advance(server, rules, t);
    if (server.state.ramp > 0) return null;
  }
  return null;
}

function advance(server: Standing, rules: SiteRules, t: Ms): Move {
  const { state } = server;
  const from = state.ramp;
  const fitForMs = t - (state.fitMs ?? t);
  state.ramp = rules.failbackStages.find((stage) => stage > from) ?? 100;
  state.stageMs = t;
  const first = from === 0;
  const sentence = first ? why.returns(server, fitForMs, state.displaced) : why.stage(server, from, rules.stageSoakMs);
  state.displaced = false;
  return { blame: first ? 'preempt' : 'stage', mode: 'drain', why: sentence };
}
