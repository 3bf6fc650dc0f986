import { beginDrill } from './drill.ts';
import { carries, type Move } from './failover.ts';
import type { Override, SiteState } from './site-state.ts';
import { agentSilent, inService, leaveBlame, type Standing, takers } from './standing.ts';
import type { Ms, SiteEvent, SiteRules } from './types.ts';
import * as why from './why.ts';

/** A control that was refused, for the hold that says so. */
export interface Refusal {
  blame: 'pin' | 'drill';
  why: string;
}

/** Why a server cannot be pinned now; null: it can. A pin holds only while its server is reachable, and never begins with a failover from it. */
function unreachable(server: Standing | undefined, all: readonly Standing[], rules: SiteRules, t: Ms, silent: boolean): string | null {
  if (server === undefined) return 'it is not a server of this site';
  if (!inService(server)) return `${server.id} is ${server.state.resigned === null ? 'in maintenance' : 'resigned'}`;
  if (server.inside === 'dead') return `the router cannot reach ${server.id}`;
  if (server.inside !== 'alive' && server.state.health !== 'up')
    return silent
      ? `${server.id} is ${server.state.health} and the router is silent`
      : `${server.id} is ${server.state.health} and the router has no living path to it`;
  const blame = leaveBlame(server, all, rules);
  if (blame === null || blame === 'weights' || takers(server, blame, all, rules, t).length === 0) return null;
  return server.state.latched ? `the router has just cut ${server.id}` : `${server.id} is down outside, and this site trusts the outside`;
}

/** Ends a pin or drill whose time is over, or whose server is none of the site's any more. */
export function expireOverride(site: SiteState, t: Ms): void {
  if (site.override !== null && site.servers[site.override.server] === undefined) site.override = null;
  const untilMs = site.override?.untilMs ?? null;
  if (untilMs !== null && t >= untilMs) site.override = null;
}

/** The order in which the controls of one instant are taken; the order of its lines does not matter. */
const CONTROLS = ['unpin', 'pin', 'drill'];

/** The controls of an instant in the order in which they are taken; one that is there twice was asked for once. */
export function controlsOf(events: readonly SiteEvent[]): SiteEvent[] {
  const controls = events.filter((event) => CONTROLS.includes(event.type));
  if (controls.length < 2) return controls;
  const server = (event: SiteEvent) => ('server' in event ? event.server : '');
  const until = (event: SiteEvent) => ('until' in event ? event.until : undefined) ?? Number.POSITIVE_INFINITY;
  const order = (a: SiteEvent, b: SiteEvent) => CONTROLS.indexOf(a.type) - CONTROLS.indexOf(b.type) || until(a) - until(b);
  const same = (a: SiteEvent | undefined, b: SiteEvent) => a?.type === b.type && server(a) === server(b) && until(a) === until(b);
  return controls.sort((a, b) => order(a, b) || (server(a) < server(b) ? -1 : 1)).filter((event, n) => !same(controls[n - 1], event));
}

/** Takes one control. Writes the override; the refusal of a pin or drill changes nothing. */
export function control(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, event: SiteEvent): Refusal | null {
  const silent = agentSilent(site, rules, t);
  if (event.type === 'unpin') {
    if (site.override?.kind === 'pin') site.override = null;
    return null;
  }
  if (event.type === 'pin') {
    const reason = unreachable(
      all.find((server) => server.id === event.server),
      all,
      rules,
      t,
      silent,
    );
    if (event.until !== undefined && event.until <= t)
      return { blame: 'pin', why: `pin to ${event.server} refused: its end is not in the future` };
    if (reason !== null) return { blame: 'pin', why: `pin to ${event.server} refused: ${reason}` };
    site.override = { kind: 'pin', server: event.server, untilMs: event.until ?? null };
    return null;
  }
  return event.type === 'drill' ? drill(site, all, rules, t, silent) : null;
}

function drill(site: SiteState, all: readonly Standing[], rules: SiteRules, t: Ms, silent: boolean): Refusal | null {
  const refuse = (reason: string): Refusal => ({ blame: 'drill', why: `drill refused: ${reason}` });
  if (site.override !== null) return refuse(`a ${site.override.kind} to ${site.override.server} is in force`);
  if (silent) return refuse('the router is silent, so nobody could measure it');
  if (all.some((server) => server.state.ramp > 0 && server.state.ramp < 100)) return refuse('a staged return is under way');
  const active = all.find((server) => server.id === site.active);
  if (active === undefined) return refuse('no server carries the traffic yet');
  const idle = all.filter((server) => !carries(site, server));
  const healthy = idle.filter((server) => server.fit);
  const standby = healthy.find((server) => !returnsByItself(server, active, rules));
  if (standby === undefined) return refuse(noStandby(idle, healthy));
  site.drill = beginDrill(site, active, standby, rules, t);
  site.override = { kind: 'drill', server: standby.id, untilMs: t + rules.drillDurationMs };
  return null;
}

/**
 * Whether an idle server is on its way back, by policy: its hold-down, or what else it waits for, is not over. A drill to it would be its return, all at
 * once, and nobody would come back from it.
 */
function returnsByItself(server: Standing, active: Standing, rules: SiteRules): boolean {
  return rules.policy === 'weighted' || (rules.preempt && server.rules.priority > active.rules.priority);
}

function noStandby(idle: readonly Standing[], healthy: readonly Standing[]): string {
  if (idle.length === 0) return 'all servers carry traffic, so there is no standby to try';
  const [returning] = healthy;
  return returning === undefined ? 'no standby is healthy now' : `${returning.id} is on its way back, and there is no other standby`;
}

/** Gives everything to a server that was just put first. Writes the ramps. Those that were well are marked to come back without hold-down. */
export function applyOverride(site: SiteState, all: readonly Standing[], before: Override | null): Move | null {
  const override = site.override;
  if (override === null || override.server === before?.server) return null;
  for (const server of all) {
    if (carries(site, server) && server.fit && server.id !== override.server) server.state.displaced = true;
    server.state.ramp = server.id === override.server ? 100 : 0;
  }
  return { blame: override.kind, mode: 'drain', why: why.override(override, before) };
}
