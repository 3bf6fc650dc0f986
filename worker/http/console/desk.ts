import { adminPage, type Frame, type Session, signInPage } from '../../admin/shell.ts';
import { ADMIN_WORDS, type AdminWords, DONE } from '../../admin/words.ts';
import type { Env } from '../../env.ts';
import type { Markup } from '../../status/parts.ts';
import { type Language, languageOf, WORDS } from '../../status/words.ts';
import { withPrivateHeaders } from '../public-headers.ts';
import type { Context } from '../router.ts';
import { accessIdentity } from './access.ts';
import { csrfOf, sessionOf } from './session.ts';

export type C = Context<Env>;

/** Who asks: by Cloudflare Access, or by the cookie of a session. Null: nobody whom we know. */
export async function signedIn({ request, env }: C): Promise<Session | null> {
  const { ADMIN_TOKEN: token = '' } = env;
  if (token === '') return null;
  const known = await accessIdentity(request, env, Date.now());
  if (known !== null) return { who: known.who, csrf: await csrfOf(token, `access ${known.sub}`) };
  return sessionOf(token, request, Date.now());
}

/** What is on a page, made with the words of its reader; `path` is the one of its place in the navigation. */
export interface Content {
  path: string;
  make(frame: Frame): Promise<{ title: string; main: Markup }>;
}

/** A page for who is signed in. What was just done is named by `?done=`; `problem` says what was not, and why. */
export async function pageAnswer(
  c: C,
  session: Session,
  content: Content,
  status = 200,
  problem?: (words: AdminWords) => string,
): Promise<Response> {
  const language = languageOf(c.request.headers.get('accept-language'));
  const admin = ADMIN_WORDS[language];
  const done = DONE.find((one) => one === c.url.searchParams.get('done'));
  const said = done === undefined ? null : ({ tone: 'up', text: admin.done[done] } as const);
  const frame: Frame = {
    words: WORDS[language],
    admin,
    session,
    told: problem === undefined ? said : { tone: 'down', text: problem(admin) },
  };
  const { title, main } = await content.make(frame);
  return htmlAnswer(language, await adminPage(frame, content.path, title, main), status);
}

/** The page for who is not signed in, with what is wrong. */
export async function signInAnswer(
  c: C,
  status: number,
  problem: ((words: AdminWords) => string) | null,
  headers: Record<string, string> = {},
): Promise<Response> {
  const language = languageOf(c.request.headers.get('accept-language'));
  const admin = ADMIN_WORDS[language];
  const isSetUp = (c.env.ADMIN_TOKEN ?? '') !== '';
  const text = isSetUp ? (problem?.(admin) ?? null) : admin.notSetUp;
  return htmlAnswer(language, await signInPage(WORDS[language], admin, text, isSetUp), isSetUp ? status : 503, headers);
}

function htmlAnswer(language: Language, body: string, status: number, more: Record<string, string> = {}): Response {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-language': WORDS[language].lang,
    vary: 'Accept-Language, Cookie',
    ...more,
  };
  return withPrivateHeaders(new Response(body, { status, headers }));
}

/** After what was done the browser asks for a page, so that a reload does not do it again. */
export function seeOther(path: string, cookie?: string): Response {
  const headers = { location: path, ...(cookie === undefined ? {} : { 'set-cookie': cookie }) };
  return withPrivateHeaders(new Response(null, { status: 303, headers }));
}
