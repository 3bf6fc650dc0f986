import { html } from 'hono/html';
import type { Markup } from '../status/parts.ts';
import type { Words } from '../status/words.ts';
import type { AdminWords } from './words.ts';

/** Who is signed in, and the secret that shows that a form came from a page of this session. */
export interface Session {
  who: string;
  csrf: string;
}

/** What every page of the controls needs. */
export interface Frame {
  words: Words;
  admin: AdminWords;
  session: Session;
  /** What was just done, or was refused with the reason. */
  told: { tone: 'up' | 'down'; text: string } | null;
}

const PAGES = { '/admin': 'overview', '/admin/fleet': 'fleetFile' } as const;

/** One page for whoever is signed in, at `path`. */
export async function adminPage({ words, admin, session, told }: Frame, path: string, title: string, main: Markup): Promise<string> {
  const links = Object.entries(PAGES).map(
    ([href, name]) => html`<a href="${href}"${href === path ? html` aria-current="page"` : ''}>${admin[name]}</a>`,
  );
  const body = html`<nav>${links}<a href="/">${admin.statusPage}</a>${postForm(
    '/admin/sign-out',
    session,
    html`<button class="plain">${admin.signOut}<span class="soft small"> ${session.who}</span></button>`,
  )}</nav>${told === null ? '' : notice(told.tone, told.text)}<main id="main">${main}</main>`;
  return await document(words, `${title} · ${admin.title}`, title, body);
}

/** The page for who is not signed in; with `form` false there is nothing to sign in with. */
export async function signInPage(words: Words, admin: AdminWords, problem: string | null, form = true): Promise<string> {
  const fields = html`<form method="post" action="/admin/sign-in"><label>${admin.token}
<input type="password" name="token" required autocomplete="current-password" autofocus maxlength="512"></label>
<button class="main">${admin.signIn}</button></form><p class="small soft">${admin.signInHint}</p>`;
  const body = html`<main id="main" class="card sign">${problem === null ? '' : notice('down', problem)}${form ? fields : ''}<p class="small"><a href="/">${admin.statusPage}</a></p></main>`;
  return await document(words, `${admin.signIn} · Farwatch`, admin.title, body);
}

/** A form that changes something: it carries the session's secret. */
export function postForm(action: string, { csrf }: Session, content: Markup, kind = ''): Markup {
  return html`<form method="post" action="${action}" class="${kind}"><input type="hidden" name="csrf" value="${csrf}">${content}</form>`;
}

/** A form whose button is shown only after a click on its summary, with what it will do: a second thought that needs no script. */
export function confirmed(summary: string, hint: string, action: string, session: Session, button: string, more: Markup | '' = ''): Markup {
  return html`<details><summary>${summary}</summary>${postForm(action, session, html`${more}<p class="small soft">${hint}</p><button class="risk">${button}</button>`)}</details>`;
}

export function notice(tone: 'up' | 'down' | 'warn', text: string | Markup): Markup {
  return html`<div class="notice ${tone}" role="${tone === 'up' ? 'status' : 'alert'}">${text}</div>`;
}

async function document(words: Words, title: string, heading: string, body: Markup): Promise<string> {
  const page = await html`<!doctype html>
<html lang="${words.lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${title}</title><link rel="stylesheet" href="/page.css"><link rel="stylesheet" href="/admin/page.css"><link rel="icon" href="data:,"></head>
<body><a class="skip" href="#main">${words.skip}</a><div class="wrap"><header><h1>${heading}</h1></header>${body}</div></body></html>
`;
  return page.toString();
}
