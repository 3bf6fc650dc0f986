import { reassert, type SiteState, stepSite } from '../engine/site.ts';
import type { SiteEffect, SiteEvent, SiteRules } from '../engine/types.ts';
import type { Directive } from '../protocol/directive.ts';
import type { Report } from '../protocol/report.ts';
import type { TimelineEntry } from '../protocol/status.ts';
import { hearAgent, missAgent } from './site-agent.ts';
import { chronicle } from './site-chronicle.ts';
import { directiveFor } from './site-evidence.ts';
import { exitIncidents } from './site-exits.ts';
import { reviveState, type SiteFacts } from './site-facts.ts';
import type { News } from './site-store.ts';

/** The wire's limit for a `why`. */
const MAX_WHY = 1000;

/** One instant of a site: what is new, at `t`. */
export interface Instant {
  t: number;
  events: readonly SiteEvent[];
  /** The report that the events come from, if they come from one. */
  report?: Report;
}

/** What one instant changes. Save `facts` and `news` together, and only then act on the rest. */
export interface Turn {
  facts: SiteFacts;
  news: News;
  effects: SiteEffect[];
}

/** Lets the judge speak, and writes down what it said as directive, timeline and incidents. Pure. */
export function takeTurn(before: SiteFacts, rules: SiteRules, instant: Instant): Turn {
  const { t, report } = instant;
  const state = reviveState(before.state, rules);
  const judged = judge(state, rules, instant);
  const agent = report === undefined ? missAgent(before.agent, rules, judged.state, t) : hearAgent(before.agent, rules, report, t);
  const directive = report === undefined ? before.directive : directiveFor(before, report);
  const facts: SiteFacts = { ...before, state: judged.state, agent: agent.facts, directive };
  const told = chronicle(before, judged.state, rules.id, t, judged.effects);
  for (const effect of judged.effects) {
    if (effect.type === 'directive') facts.directive = directiveOf(effect, facts.agent.seq, rules);
    else if (effect.blame === judged.state.hold) facts.holdWhy = effect.why;
  }
  if (report !== undefined && facts.directive !== null) facts.directive = confirmCuts(facts.directive, report);
  const exit = report === undefined ? { exits: before.open.exits, incidents: [] } : exitIncidents(before.open.exits, report, t);
  facts.open = { ...told.open, exits: exit.exits };
  const entries: TimelineEntry[] = [...agent.entries, ...told.entries];
  return { facts, news: { entries, incidents: [...told.incidents, ...exit.incidents] }, effects: judged.effects };
}

function judge(state: SiteState, rules: SiteRules, { t, events }: Instant): { state: SiteState; effects: SiteEffect[] } {
  const step = stepSite(state, rules, { t, events });
  const again = reassert(step.state, rules, t);
  if (again === null) return step;
  return { state: again.state, effects: [...step.effects, ...again.effects] };
}

/**
 * A cut that the router made while a directive with the same aim was on its way needs no other orders, but the word that it is known: else the router
 * would keep the latch, and nothing would ever return there. The same orders with a newer `basis`, once such a path lives: a dead one may as well stay
 * latched.
 */
function confirmCuts(directive: Directive, report: Report): Directive {
  const latched = report.latched ?? [];
  const lives = (server: string) => report.paths.some((path) => path.server === server && path.alive);
  const isAgreed = latched.some(lives) && latched.every((server) => (directive.weights[server] ?? 0) === 0);
  return isAgreed && report.seq > directive.basis ? { ...directive, basis: report.seq } : directive;
}

function directiveOf(effect: Extract<SiteEffect, { type: 'directive' }>, basis: number, rules: SiteRules): Directive {
  return {
    epoch: effect.epoch,
    basis,
    leaseMs: rules.leaseMs,
    mode: effect.mode,
    active: effect.active,
    weights: effect.weights,
    blame: effect.blame,
    why: effect.why.slice(0, MAX_WHY),
  };
}
