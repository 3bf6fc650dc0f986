import { basic, type Channel } from './channel.ts';
import { mailOf } from './mail.ts';

const MAILGUN = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' };

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
