import { basic, type Channel, json } from './channel.ts';
import type { Message } from './message.ts';
import type { Target } from './target.ts';

const MAILGUN = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' };

/** Resend, https://resend.com/docs/api-reference/emails/send-email; a repeat within 24 hours is the same mail (`Idempotency-Key`). */
export const resend: Channel = {
  syntax: 'resend://API_KEY:FROM@DOMAIN[/TO…]',
  drafts(target, message) {
    const mail = mailOf(target, target.password || target.user, target.path, message);
    if ('problem' in mail) return mail;
    const { from, to, cc, bcc, subject, text } = mail;
    const copies = { ...(cc.length > 0 ? { cc } : {}), ...(bcc.length > 0 ? { bcc } : {}) };
    const key = target.query.get('apikey') ?? target.user;
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': message.id };
    return [json('https://api.resend.com/emails', { from, to, ...copies, subject, text }, headers)];
  },
};

/** Mailgun, https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages; mail programs show a repeated Message-Id once. */
export const mailgun: Channel = {
  syntax: 'mailgun://FROM@DOMAIN/API_KEY[/TO…][?region=eu]',
  drafts(target, message) {
    const [key, ...path] = target.path;
    if (key === undefined) return { problem: 'it has no API key after its domain' };
    const mail = mailOf(target, target.user, path, message);
    if ('problem' in mail) return mail;
    const form = new URLSearchParams({ from: mail.from, subject: mail.subject, text: mail.text });
    for (const field of ['to', 'cc', 'bcc'] as const) for (const address of mail[field]) form.append(field, address);
    form.append('h:Message-Id', `<${message.id}@${target.authority}>`);
    const host = target.query.get('region') === 'eu' ? MAILGUN.eu : MAILGUN.us;
    const headers = { authorization: basic('api', key), 'content-type': 'application/x-www-form-urlencoded' };
    return [{ url: `${host}/v3/${encodeURIComponent(target.authority)}/messages`, headers, body: form.toString() }];
  },
};

interface Mail {
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  subject: string;
  text: string;
}

/** Without a receiver the sender is the one. */
function mailOf(
  { authority, query }: Target,
  user: string,
  path: readonly string[],
  { title, text, link }: Message,
): Mail | { problem: string } {
  const list = (name: string) => (query.get(name) ?? '').split(',').filter(Boolean);
  const sender = `${user}@${authority}`;
  const given = [...path, ...list('to')];
  const [to, cc, bcc] = [given.length === 0 ? [sender] : given, list('cc'), list('bcc')];
  if (![sender, ...to, ...cc, ...bcc].every((address) => /^[^\s@<>,"]+@[^\s@<>,"]+$/.test(address)))
    return { problem: 'one of its mail addresses is none' };
  const name = (query.get('name') ?? 'Farwatch').replace(/["\\\r\n]/g, '');
  return { from: `"${name}" <${sender}>`, to, cc, bcc, subject: title, text: link === null ? text : `${text}\n\n${link}\n` };
}
