import { type Channel, json } from './channel.ts';
import { cut, type NoticeType } from './message.ts';

/** Of the bar beside the message, as Apprise colours it. */
export const COLOURS: Record<NoticeType, string> = { info: '#3aa3e3', success: '#3aa337', warning: '#caa300', failure: '#a32037' };

/** Discord, https://discord.com/developers/docs/resources/webhook#execute-webhook: titles of 256 characters, descriptions of 4,096. */
export const discord: Channel = {
  syntax: 'discord://[BOT_NAME@]WEBHOOK_ID/WEBHOOK_TOKEN',
  drafts({ user, authority, path, query }, { title, text, type, at, link }) {
    const [token] = path;
    if (!/^\d+$/.test(authority) || token === undefined) return { problem: 'it is not WEBHOOK_ID/WEBHOOK_TOKEN' };
    const thread = query.get('thread');
    const url = `https://discord.com/api/webhooks/${authority}/${encodeURIComponent(token)}?wait=true${
      thread === undefined ? '' : `&thread_id=${encodeURIComponent(thread)}`
    }`;
    const embed = {
      title: cut(title, 256),
      description: cut(text, 3500),
      color: Number.parseInt(COLOURS[type].slice(1), 16),
      timestamp: at,
    };
    return [
      json(url, {
        ...(user === '' ? {} : { username: user }),
        embeds: [link === null ? embed : { ...embed, url: link }],
        // A server's name must not ring everyone's phone.
        allowed_mentions: { parse: [] },
      }),
    ];
  },
};
