import { type Channel, json } from './channel.ts';
import { mailOf } from './mail.ts';

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
