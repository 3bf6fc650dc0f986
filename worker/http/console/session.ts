import type { Session } from '../../admin/shell.ts';
import { sameSecret } from '../../objects/tokens.ts';

/** A session ends by itself: whoever leaves a browser open is signed out. */
const LIFE_S = 3600;

/** Sent to /admin only, so that no public page ever sees it. */
const ATTRIBUTES = 'Path=/admin; HttpOnly; SameSite=Strict';

/**
 * The cookie of a new session: `<end>.<nonce>.<MAC>`, keyed by the administrator's token, which is not in it. Nothing is stored; another token ends all
 * sessions.
 */
export async function openSession(adminToken: string, request: Request, nowMs: number): Promise<string> {
  const nonce = crypto.randomUUID();
  const claim = `${nowMs + LIFE_S * 1000}.${nonce}`;
  return cookie(request, `${claim}.${await mac(adminToken, `session ${claim}`)}`, LIFE_S);
}

export function closeSession(request: Request): string {
  return cookie(request, '', 0);
}

/** The session of a request's cookie, while it lasts; null: none. */
export async function sessionOf(adminToken: string, request: Request, nowMs: number): Promise<Session | null> {
  const values = (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  const name = `${nameOf(request)}=`;
  const value = values.find((pair) => pair.startsWith(name))?.slice(name.length) ?? '';
  const [, claim, end, nonce, tag] = /^((\d{1,16})\.([0-9a-f-]{36}))\.([0-9a-f]{64})$/.exec(value) ?? [];
  if (claim === undefined || nonce === undefined || tag === undefined || nowMs >= Number(end)) return null;
  if (!(await sameSecret(tag, await mac(adminToken, `session ${claim}`)))) return null;
  return { who: '', csrf: await csrfOf(adminToken, nonce) };
}

/** The secret in the forms of one session: another site can make a browser send the cookie's form, but cannot read this. */
export function csrfOf(adminToken: string, session: string): Promise<string> {
  return mac(adminToken, `csrf ${session}`);
}

/** HMAC-SHA-256 in hex. */
async function mac(secret: string, text: string): Promise<string> {
  const bytes = (value: string) => new TextEncoder().encode(value);
  const key = await crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const tag = await crypto.subtle.sign('HMAC', key, bytes(`farwatch ${text}`));
  return [...new Uint8Array(tag)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function cookie(request: Request, value: string, maxAgeS: number): string {
  return `${nameOf(request)}=${value}; ${ATTRIBUTES}; Max-Age=${maxAgeS}${isSecure(request) ? '; Secure' : ''}`;
}

/** Browsers let nobody but a secure page set a cookie of the prefixed name. */
function nameOf(request: Request): string {
  return isSecure(request) ? '__Secure-farwatch' : 'farwatch';
}

/** On one's own machine the edge speaks http; a proxy before it may speak https. */
function isSecure(request: Request): boolean {
  return new URL(request.url).protocol === 'https:' || request.headers.get('x-forwarded-proto') === 'https';
}
