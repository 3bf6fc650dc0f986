import type { Problem } from './channel.ts';
import type { Message } from './message.ts';
import type { Target } from './target.ts';

export interface Mail {
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  subject: string;
  text: string;
}

/** A message as a mail, from `user` at the URL's domain. Without a receiver the sender is the one. */
export function mailOf(
  { authority, query }: Target,
  user: string,
  path: readonly string[],
  { title, text, link }: Message,
): Mail | Problem {
  const list = (name: string) => (query.get(name) ?? '').split(',').filter(Boolean);
  const sender = `${user}@${authority}`;
  const given = [...path, ...list('to')];
  const [to, cc, bcc] = [given.length === 0 ? [sender] : given, list('cc'), list('bcc')];
  if (![sender, ...to, ...cc, ...bcc].every((address) => /^[^\s@<>,"]+@[^\s@<>,"]+$/.test(address)))
    return { problem: 'one of its mail addresses is none' };
  const name = (query.get('name') ?? 'Farwatch').replace(/["\\\r\n]/g, '');
  return { from: `"${name}" <${sender}>`, to, cc, bcc, subject: title, text: link === null ? text : `${text}\n\n${link}\n` };
}
