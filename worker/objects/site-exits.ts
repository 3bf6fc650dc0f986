import { type Report, WRONG_EXIT } from '../protocol/report.ts';
import type { Incident } from '../protocol/status.ts';
import type { OpenIncidents } from './site-facts.ts';

/** An agent that was started again asks for its exits anew: until then its silence about them means nothing. */
const ASKED_BY_THEN_MS = 60_000;

interface ExitTurn {
  exits: OpenIncidents['exits'];
  /** Opened or closed at this instant. */
  incidents: Incident[];
}

/** Opens an incident for each tunnel whose exit the report says is wrong, and closes those of which it says so no more. Pure. */
export function exitIncidents(before: OpenIncidents['exits'], report: Report, t: number): ExitTurn {
  const { site, instance, problems = [] } = report;
  const at = new Date(t).toISOString();
  const exits: OpenIncidents['exits'] = {};
  const incidents: Incident[] = [];
  for (const { kind, message } of problems) {
    if (!kind.startsWith(WRONG_EXIT)) continue;
    const known = before[kind]?.incident;
    const incident = known ?? { id: `site/${site}/${kind}-${t}`, site, startedAt: at, endedAt: null, why: message };
    if (known === undefined && exits[kind] === undefined) incidents.push(incident);
    exits[kind] = { incident, instance, absentMs: null };
  }
  for (const [kind, open] of Object.entries(before)) {
    if (exits[kind] !== undefined) continue;
    const absentMs = open.absentMs ?? t;
    if (open.instance === instance || t >= absentMs + ASKED_BY_THEN_MS) incidents.push({ ...open.incident, endedAt: at });
    else exits[kind] = { ...open, absentMs };
  }
  return { exits, incidents };
}
