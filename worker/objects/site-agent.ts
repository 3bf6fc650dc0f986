import type { SiteState } from '../engine/site.ts';
import type { SiteRules } from '../engine/types.ts';
import type { Report } from '../protocol/report.ts';
import type { TimelineEntry } from '../protocol/status.ts';
import type { AgentFacts, SiteFacts } from './site-facts.ts';
import { joined, type Roster } from './site-roster.ts';

interface AgentTurn {
  facts: AgentFacts;
  entries: TimelineEntry[];
}

/** The agent was heard: it is online, and what is new in its report goes to the timeline. */
export function hearAgent(before: AgentFacts, rules: SiteRules, report: Report, t: number): AgentTurn {
  const entries: TimelineEntry[] = [];
  const entry = base(rules, t);
  const facts: AgentFacts = {
    ...before,
    online: true,
    sinceMs: before.online ? before.sinceMs : t,
    version: report.version,
    applied: report.applied,
    seq: report.seq,
    leftMs: null,
    cutAt: report.lastCut?.at ?? before.cutAt,
    problems: problemsOf(report),
    mptcp: report.mptcp ?? [],
    speaker: report.instance,
    instances: joined(before.instances, report.instance),
  };
  if (!before.online) entries.push({ ...entry('online'), kind: 'agent.online', why: onlineWhy(before, report, t) });
  const known = new Set(before.problems.map((problem) => problem.key));
  for (const { key, text } of facts.problems) {
    if (!known.has(key)) entries.push({ ...entry(`problem-${key}`), kind: 'agent.problem', why: text });
  }
  const cut = report.lastCut;
  if (cut !== undefined && cut.at !== before.cutAt) {
    const outageMs = Math.round(cut.silenceMs + cut.applyMs);
    const why = `the router moved from ${cut.from} to ${cut.to} by itself; traffic was away for ${outageMs} ms`;
    entries.push({
      ...base(rules, t)(''),
      id: `site/${rules.id}/cut-${cut.at}`,
      kind: 'measured',
      why,
      from: cut.from,
      to: cut.to,
      outageMs,
    });
  }
  return { facts, entries };
}

/** What the rows know of who speaks for the site. */
export function rosterOf({ agent, state }: SiteFacts, leaseMs: number): Roster {
  const heardMs = state?.heardMs ?? null;
  const speaker = agent.speaker === null || heardMs === null ? null : { instance: agent.speaker, atMs: heardMs };
  return { agents: agent.instances, speaker, leaseMs };
}

/** Nothing was heard at `t`: past the lease, the agent counts as offline. */
export function missAgent(before: AgentFacts, rules: SiteRules, state: SiteState, t: number): AgentTurn {
  const heardMs = state.heardMs;
  if (!before.online || heardMs === null || t < heardMs + rules.leaseMs) return { facts: before, entries: [] };
  const why = `the agent has not been heard for ${seconds(t - heardMs)} (lease ${seconds(rules.leaseMs)})`;
  return {
    facts: { ...before, online: false, sinceMs: t },
    entries: [{ ...base(rules, t)('offline'), kind: 'agent.offline', why }],
  };
}

function base(rules: SiteRules, t: number): (what: string) => { id: string; at: string; site: string } {
  return (what) => ({ id: `site/${rules.id}/${what}-${t}`, at: new Date(t).toISOString(), site: rules.id });
}

function onlineWhy(before: AgentFacts, report: Report, t: number): string {
  if (before.sinceMs === null) return `the agent (version ${report.version}) was heard for the first time`;
  return `the agent (version ${report.version}) is heard again after ${seconds(t - before.sinceMs)} offline`;
}

/** A problem is the same one while its kind and epoch are: its message may carry numbers that change. */
function problemsOf(report: Report): AgentFacts['problems'] {
  return (report.problems ?? []).map(({ kind, epoch, message }) => ({
    key: epoch === undefined ? kind : `${kind}-${epoch}`,
    text: epoch === undefined ? `${kind}: ${message}` : `${kind} (epoch ${epoch}): ${message}`,
  }));
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
