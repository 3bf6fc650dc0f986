import type { Session } from '../../admin/shell.ts';
import { type C, type Content, pageAnswer, signedIn, signInAnswer } from './desk.ts';
import { hasSecret, isOwnOrigin, readForm } from './forms.ts';

export type Fields = Record<string, string>;

/** A page that changes nothing, for who is signed in; all others get the form to sign in. */
export async function reading(c: C, answer: (session: Session) => Promise<Response>): Promise<Response> {
  const session = await signedIn(c);
  return session === null ? signInAnswer(c, 200, null) : answer(session);
}

/** A form that changes something: from whom we know, from a page of ours, of this session. `home` is shown with a refusal. */
export async function changing(c: C, home: Content, answer: (session: Session, fields: Fields) => Promise<Response>): Promise<Response> {
  const session = await signedIn(c);
  if (session === null) return signInAnswer(c, 401, (words) => words.expired, { 'www-authenticate': 'Bearer realm="farwatch"' });
  const form = await readForm(c.request);
  if (!form.ok) return refused(c, session, home, form.status, form.status === 413 ? 'a form is at most 64 KiB' : 'this is no form');
  const isOurs = isOwnOrigin(c.request) && (await hasSecret(form.fields, session));
  return isOurs ? answer(session, form.fields) : pageAnswer(c, session, home, 403, (words) => words.foreign);
}

/** The page again, with the reason why nothing was done. */
export function refused(c: C, session: Session, content: Content, status: number, reason: string): Promise<Response> {
  return pageAnswer(c, session, content, status, (words) => `${words.refused}: ${reason}`);
}
