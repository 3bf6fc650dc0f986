import { html } from 'hono/html';
import { clock, type ServerStatus, type SiteStatus } from './view.ts';
import type { Words } from './words.ts';

/** Markup in which every value was escaped. */
export type Markup = ReturnType<typeof html>;

/** A colour never stands alone: each tone comes with its mark and a word. */
export type Tone = 'up' | 'down' | 'warn' | 'calm';
export const MARKS: Readonly<Record<Tone, string>> = { up: '✓', down: '✕', warn: '!', calm: '–' };

export const HEALTH_TONE: Readonly<Record<ServerStatus['health'], Tone>> = { up: 'up', down: 'down', unknown: 'calm', maintenance: 'warn' };

export function pill(tone: Tone, text: string): Markup {
  return html`<span class="pill ${tone}"><span aria-hidden="true">${MARKS[tone]}</span> ${text}</span>`;
}

/** Whether a site's router is heard. */
export function agentPill({ agent }: SiteStatus, words: Words): Markup {
  if (agent.online) return pill('up', words.agentOnline);
  return agent.since === null
    ? pill('calm', words.agentNever)
    : html`<span>${pill('warn', words.agentOffline)} ${timeOf(agent.since, words)}</span>`;
}

export function timeOf(time: string, words: Words): Markup {
  return html`<time datetime="${time}">${clock(time, words.months)}</time>`;
}

/** The judge's own sentence, in English whatever the page's language is. */
export function reason(why: string): Markup | '' {
  return why === '' ? '' : html`<p class="why" lang="en">${why}</p>`;
}

/** A part of the page with its heading. */
export function section(id: string, title: string, content: Markup | Markup[]): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;
}
