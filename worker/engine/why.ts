import type { Blame, Weights } from '../protocol/health.ts';
import { readingOf } from './quality.ts';
import type { Drill, Override } from './site-state.ts';
import type { Standing } from './standing.ts';
import type { Ms } from './types.ts';

/*
 * The sentences that people read: page, log and API print these same words. Each names the evidence, the counts and the threshold that decided.
 */

function seconds(ms: Ms): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

function inside(server: Standing): string {
  if (server.inside === 'silent') return 'the router says nothing of it';
  return server.inside === 'alive' ? 'the router reaches it' : 'the router does not reach it';
}

function lastHeard({ aliveT }: Standing, t: Ms): string {
  return aliveT === null ? '' : ` (last heard ${seconds(t - aliveT)} ago)`;
}

/** A share of 0–1 as a percent. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function quality(server: Standing, leaseMs: Ms, t: Ms): string {
  const { loss, rttMs } = readingOf(server.state, leaseMs, t);
  return `${loss === null ? 'unknown' : percent(loss)} loss, ${rttMs === null ? 'unknown' : `${Math.round(rttMs)} ms`} round trip`;
}

/** Why a server may not be given traffic that another one carries well. */
export function unfit(server: Standing): string {
  if (server.state.resigned !== null) return `${server.id} says that it goes down`;
  if (server.state.latched) return `the router cut ${server.id} by itself`;
  if (server.inside !== 'alive') return inside(server);
  return server.state.poor ? `${server.id} is alive but bad` : `${server.id} is ${server.state.health} outside`;
}

/** The quorum's own words, without the verdict that the sentence says already. */
function outside({ id, state }: Standing): string {
  const verdict = `${id} is ${state.health}: `;
  return state.healthWhy.startsWith(verdict) ? state.healthWhy.slice(verdict.length) : state.healthWhy;
}

export function failover(from: Standing, to: Standing, blame: Blame, leaseMs: Ms, t: Ms): string {
  const target = `${to.id} takes over (${to.state.health} outside, ${inside(to)})`;
  switch (blame) {
    case 'server-down':
      return `${from.id} is down: ${inside(from)}${lastHeard(from, t)}, and ${outside(from)}; ${target}`;
    case 'path-down':
      return from.state.latched
        ? `the router cut ${from.id} by itself while it is ${from.state.health} outside; ${target}`
        : `the path to ${from.id} is dead: ${inside(from)}${lastHeard(from, t)}, while it is ${from.state.health} outside; ${target}`;
    case 'site-unseen':
      return `${from.id} is down outside (${outside(from)}) and ${inside(from)}; ${target}, so that the router finds it waiting`;
    case 'outside-only':
      return `${from.id} is down outside (${outside(from)}), and this site trusts the outside; ${target}`;
    case 'maintenance':
      return `${from.id} is in maintenance; ${target}`;
    case 'resigned':
      return `${from.id} says that it goes down (priority 0); ${target}`;
    case 'weights':
      return `${from.id} is alive but bad for too long (${quality(from, leaseMs, t)}); ${to.id} is clearly better (${quality(to, leaseMs, t)}) and gets its new flows`;
    default:
      return `${from.id} loses its place (${blame}); ${target}`;
  }
}

export function returns(server: Standing, fitForMs: Ms, displaced: boolean): string {
  if (displaced) return `${server.id} was well all the time and comes back in stages`;
  return `${server.id} (priority ${server.rules.priority}) has been well for ${seconds(fitForMs)}, its hold-down is ${seconds(server.state.holdDownMs)}: it comes back in stages`;
}

export function stage(server: Standing, fromPercent: number, soakMs: Ms): string {
  return `${server.id} carried ${fromPercent} % for ${seconds(soakMs)} without trouble: the next stage is ${server.state.ramp} %`;
}

export function override(now: Override, before: Override | null): string {
  const replaces = before === null ? '' : ` instead of ${before.server}`;
  return now.kind === 'pin' ? `pinned to ${now.server}${replaces} by hand` : `drill: ${now.server} carries the traffic for a while`;
}

export function drillRuns(standby: string, from: string): string {
  return `a drill is running: ${standby} carries the traffic of ${from}`;
}

export function drillEnds(drill: Drill, result: Drill['result'], reason: string, t: Ms): string {
  const { server, from, startedMs, appliedMs } = drill;
  const applied =
    appliedMs === null ? 'the router never confirmed the switch' : `the router had switched after ${seconds(appliedMs - startedMs)}`;
  const carried = `${server} carried the traffic of ${from} for ${seconds(t - startedMs)}`;
  switch (result) {
    case 'rolled-back':
      return `drill rolled back: ${carried}, then ${reason}; ${applied}`;
    case 'interrupted':
      return `drill interrupted: ${carried}, then ${reason}; ${applied}`;
    default:
      return `drill ${result}: ${carried}, at worst with ${drill.worst.loss === null ? 'unknown' : percent(drill.worst.loss)} loss and ${drill.worst.rttMs === null ? 'unknown' : `${Math.round(drill.worst.rttMs)} ms`} round trip; ${applied}`;
  }
}

export function orphaned(gone: string, heir: Standing): string {
  return `${gone} carried the traffic and is no longer a server of this site; ${heir.id} takes over (${heir.state.health} outside, ${inside(heir)})`;
}

export function reshaped(weights: Weights): string {
  const shares = Object.entries(weights).map(([id, share]) => `${id} ${share} %`);
  return `by the fleet file and what is in force now, the shares are ${shares.join(', ')}`;
}

export function start(best: Standing, judged: boolean): string {
  const waited = judged ? 'every server has a verdict' : 'three intervals have passed';
  return `cold start, ${waited}: ${best.id} (priority ${best.rules.priority}) is ${best.state.health} outside, ${inside(best)}`;
}

export function holdIsOver(before: Blame, active: Standing | undefined): string {
  const now = active === undefined ? 'no server is Active' : `${active.id} is ${active.state.health} outside, ${inside(active)}`;
  return `nothing is held any more (${before}): ${now}`;
}

export function uplinkDown(all: readonly Standing[]): string {
  const states = all.map((server) => `${server.id} ${server.state.health} outside`).join(', ');
  return `the router reaches none of its servers (${states}): its uplink is down, and no other server would help`;
}

export function outsideOnly(active: Standing): string {
  return `${active.id} is down outside (${outside(active)}), but the router reaches it: traffic stays`;
}

export function monitorDoubtful(active: Standing, all: readonly Standing[]): string {
  const who = all.length === 1 ? 'the only server looks' : `all ${all.length} servers look`;
  return `${who} down from outside, but the router reaches ${active.id}: the monitor is doubtful, traffic stays`;
}

export function siteOffline(active: Standing, silentMs: Ms, leaseMs: Ms, everHeard: boolean): string {
  const silence = everHeard ? `was last heard ${seconds(silentMs)} ago` : `was never heard in ${seconds(silentMs)}`;
  return `the router ${silence} (its lease is ${seconds(leaseMs)}), while ${active.id} is ${active.state.health}: its site is offline, traffic stays`;
}

export function nobodyElse(active: Standing, blame: Blame, all: readonly Standing[]): string {
  const others = all
    .filter((server) => server !== active)
    .map((server) => `${server.id}: ${server.state.health} outside, ${inside(server)}`);
  const none = others.length === 0 ? 'there is no other server' : `no other server is proven good now (${others.join('; ')})`;
  return `${active.id} should lose its place (${blame}), but ${none}: traffic stays`;
}

export function regressed(server: Standing, fromPercent: number): string {
  return `${server.id} went down outside while it carried ${fromPercent} % (${outside(server)}): its return starts anew`;
}
