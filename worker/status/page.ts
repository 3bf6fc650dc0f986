import { html } from 'hono/html';
import type { DayBars } from '../protocol/history.ts';
import { incidentsSection, timelineSection } from './history.ts';
import { MARKS, type Markup, type Tone, timeOf } from './parts.ts';
import { pastSection } from './past.ts';
import { serversSection } from './servers.ts';
import { sitesSection } from './sites.ts';
import { type Overall, overall, type Status } from './view.ts';
import { bannerText, type Words } from './words.ts';

/** Without a script the page reads itself again this often, in seconds. */
const REFRESH_S = 20;

const TONES: Readonly<Record<Overall, Tone>> = {
  down: 'down',
  degraded: 'warn',
  blind: 'warn',
  unknown: 'calm',
  maintenance: 'warn',
  ok: 'up',
  empty: 'calm',
};

const ICON_COLOURS: Readonly<Record<Tone, string>> = { up: '1f9d55', down: 'd93025', warn: 'e09600', calm: '7a8691' };

/** The status page as an HTML document: complete without a script, and without any style or script inside (see `PAGE_CSS`, `PAGE_JS`). */
export async function statusPage(status: Status, words: Words, bars: DayBars = {}): Promise<string> {
  const state = overall(status);
  const slowed = status.budget?.why ?? null;
  const main = html`${banner(state, status, words)}${slowed === null ? '' : html`<p class="notice warn" data-notice="budget">${slowed}</p>`}
${serversSection(status, words)}${pastSection(status, bars, words)}${sitesSection(status, words)}
${state === 'empty' ? '' : incidentsSection(status, words)}${timelineSection(status, words)}`;
  const footer = html`<footer><p>${words.asOf} ${timeOf(status.at, words)} · Farwatch</p></footer>`;
  return await shell(
    {
      title: `${MARKS[TONES[state]]} ${status.fleet.name} ${words.title}`,
      heading: status.fleet.name,
      tone: TONES[state],
      main,
      footer,
      live: true,
    },
    words,
  );
}

function banner(state: Overall, status: Status, words: Words): Markup {
  const text = bannerText(status, words);
  const hint = state === 'empty' ? html`<p class="none">${words.emptyHint}</p>` : '';
  return html`<div class="banner ${TONES[state]}" role="status" data-state="${state}"><span class="mark" aria-hidden="true">${MARKS[TONES[state]]}</span><p>${text}</p></div>${hint}`;
}

/** A small page that says one thing, for what is not there (404), cannot be done (405) or cannot be read now (503, which tries again). */
export async function messagePage(kind: 'notFound' | 'notAllowed' | 'unavailable', words: Words): Promise<string> {
  const main = html`<div class="banner calm"><p>${words[kind]}</p></div><p class="none">${words[`${kind}Hint`]} <a href="/">${words.home}</a></p>`;
  return await shell({ title: words[kind], heading: 'Farwatch', tone: 'calm', main, footer: '', live: kind === 'unavailable' }, words);
}

interface Shell {
  title: string;
  heading: string;
  tone: Tone;
  main: Markup;
  footer: Markup | '';
  live: boolean;
}

async function shell({ title, heading, tone, main, footer, live }: Shell, words: Words): Promise<string> {
  const icon = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23${ICON_COLOURS[tone]}'/%3E%3C/svg%3E`;
  const refresh = live
    ? html`<noscript><meta http-equiv="refresh" content="${REFRESH_S}"></noscript><script src="/page.js" defer></script>`
    : '';
  const document = await html`<!doctype html>
<html lang="${words.lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="/page.css"><link rel="icon" href="${icon}">${refresh}</head>
<body><a class="skip" href="#main">${words.skip}</a><div class="wrap"><header><h1>${heading}</h1></header>
<p id="stale" class="notice warn" role="alert" hidden>${words.stale}</p>
<main id="main">${main}</main>${footer}</div></body></html>
`;
  return document.toString();
}
