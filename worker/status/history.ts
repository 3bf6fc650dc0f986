import { html } from 'hono/html';
import { type Markup, pill, reason, section, timeOf } from './parts.ts';
import { duration, type Incident, isOpen, type Status, serverName, siteName, type TimelineEntry } from './view.ts';
import type { Words } from './words.ts';

/** Of many ended incidents the latest are shown; all are in the JSON. */
const MAX_ENDED = 10;
/** Entries before the fold. */
const MAX_OPEN_ENTRIES = 20;

/** Open incidents, then the latest ended ones. */
export function incidentsSection(status: Status, words: Words): Markup {
  const shown = [...status.incidents.filter(isOpen), ...status.incidents.filter((incident) => !isOpen(incident)).slice(0, MAX_ENDED)];
  const list = html`<ol class="rows">${shown.map((incident) => incidentRow(incident, status, words))}</ol>`;
  return section(
    'incidents',
    words.incidents,
    html`<div class="card">${shown.length === 0 ? html`<p class="none">${words.noIncident}</p>` : list}</div>`,
  );
}

function incidentRow(incident: Incident, status: Status, words: Words): Markup {
  const state = incident.endedAt === null ? pill('down', words.open) : pill('calm', words.ended);
  const lasted =
    incident.endedAt === null
      ? ''
      : html` <span class="small soft">${duration(Date.parse(incident.endedAt) - Date.parse(incident.startedAt))}</span>`;
  return html`<li>${timeOf(incident.startedAt, words)}<div><p class="what">${state} ${subject(incident, status)}${lasted}</p>${reason(incident.why)}</div></li>`;
}

/** What happened, newest first, with the reason of each. */
export function timelineSection(status: Status, words: Words): Markup {
  const row = (entry: TimelineEntry) => timelineRow(entry, status, words);
  const [recent, earlier] = [status.timeline.slice(0, MAX_OPEN_ENTRIES), status.timeline.slice(MAX_OPEN_ENTRIES)];
  const fold = html`<details id="earlier"><summary id="earlier-summary">${words.earlier(earlier.length)}</summary><ol class="rows">${earlier.map(row)}</ol></details>`;
  const content = html`<ol class="rows">${recent.map(row)}</ol>${earlier.length === 0 ? '' : fold}`;
  return section(
    'timeline',
    words.timeline,
    html`<div class="card">${recent.length === 0 ? html`<p class="none">${words.noTimeline}</p>` : content}</div>`,
  );
}

function timelineRow(entry: TimelineEntry, status: Status, words: Words): Markup {
  const about = [subject(entry, status), move(entry, status, words)].filter((part) => part !== '').join(': ');
  const away = entry.outageMs === undefined ? '' : html` · ${words.away(duration(entry.outageMs))}`;
  return html`<li data-kind="${entry.kind}">${timeOf(entry.at, words)}<div><p class="what">${words.kind[entry.kind]}${about === '' ? '' : ` · ${about}`}${away}</p>${reason(entry.why)}</div></li>`;
}

/** `Frankfurt → Ashburn` of a switch, `Up → Down` of a health. */
function move(entry: TimelineEntry, status: Status, words: Words): string {
  const word = (id: string) =>
    entry.kind === 'health' && Object.hasOwn(words.health, id) ? words.health[id as keyof Words['health']] : serverName(status, id);
  return [entry.from, entry.to].flatMap((id) => (id === undefined ? [] : [word(id)])).join(' → ');
}

function subject(about: { site?: string | undefined; server?: string | undefined }, status: Status): string {
  const names = [
    about.site === undefined ? '' : siteName(status, about.site),
    about.server === undefined ? '' : serverName(status, about.server),
  ];
  return names.filter((name) => name !== '').join(' · ');
}
