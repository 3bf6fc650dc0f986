import { html, raw } from 'hono/html';
import type { Markup } from './parts.ts';
import { changedAt, type Status, serverName, siteName, type TimelineEntry } from './view.ts';
import { WORDS } from './words.ts';
import { xmlText } from './xml.ts';

/** What a reader of the feed wants to know without having asked; a health is told by its incident. */
const TOLD: ReadonlySet<TimelineEntry['kind']> = new Set([
  'switch',
  'failback',
  'agent.online',
  'agent.offline',
  'pin',
  'unpin',
  'maintenance',
  'drill',
  'resign',
]);

interface Entry {
  id: string;
  title: string;
  at: string;
  updated: string;
  why: string;
}

/** Incidents and what happened, newest first, as Atom (RFC 4287). `url` is where the page is read; an entry keeps its id for good (RFC 4151). */
export async function feed(status: Status, url: string): Promise<string> {
  const entries = [...incidents(status), ...events(status)].sort((a, b) => Date.parse(b.updated) - Date.parse(a.updated));
  const tag = `tag:${new URL(url).hostname.replace(/^\[|\]$/g, '')},2026:`;
  const document = await html`${raw('<?xml version="1.0" encoding="utf-8"?>')}
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>${tag}feed</id>
<title>${xmlText(status.fleet.name === '' ? 'Farwatch' : status.fleet.name)}</title>
<subtitle>Incidents, switches and maintenance</subtitle>
<updated>${changedAt(status)}</updated>
<author><name>Farwatch</name></author>
<link rel="self" type="application/atom+xml" href="${new URL('/feed.atom', url).href}"/>
<link rel="alternate" type="text/html" href="${url}"/>
${entries.map((entry) => entryOf(entry, tag, url))}</feed>
`;
  return document.toString();
}

function entryOf({ id, title, at, updated, why }: Entry, tag: string, url: string): Markup {
  return html`<entry>
<id>${tag}${encodeURI(id)}</id>
<title>${xmlText(title)}</title>
<published>${at}</published>
<updated>${updated}</updated>
<link rel="alternate" type="text/html" href="${url}"/>
<content type="text">${xmlText(why)}</content>
</entry>
`;
}

function incidents(status: Status): Entry[] {
  return status.incidents.map(({ id, server, site, startedAt, endedAt, why }) => ({
    id: `incident/${id}`,
    title: `${nameOf(status, { server, site })}: ${endedAt === null ? 'incident' : 'incident ended'}`,
    at: startedAt,
    updated: endedAt ?? startedAt,
    why: endedAt === null ? why : `${why} (ended ${endedAt})`,
  }));
}

function events(status: Status): Entry[] {
  return status.timeline
    .filter(({ kind }) => TOLD.has(kind))
    .map(({ id, at, kind, why, server, site, from, to }) => {
      const move = [from, to].flatMap((one) => (one === undefined ? [] : [serverName(status, one)])).join(' → ');
      const what = move === '' ? WORDS.en.kind[kind] : `${WORDS.en.kind[kind]} ${move}`;
      return { id: `timeline/${id}`, title: `${nameOf(status, { server, site })}: ${what}`, at, updated: at, why };
    });
}

function nameOf(status: Status, { server, site }: { server?: string | undefined; site?: string | undefined }): string {
  if (site !== undefined) return siteName(status, site);
  return server === undefined ? status.fleet.name : serverName(status, server);
}
