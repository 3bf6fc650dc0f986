import { type Channel, json } from './channel.ts';
import { COLOURS } from './discord.ts';
import { cut } from './message.ts';
import { escaped } from './telegram.ts';

/** Slack: an incoming webhook (three tokens) or a bot's token with chat.postMessage, whose refusals come with status 200. */
export const slack: Channel = {
  syntax: 'slack://[BOT_NAME@]TOKEN_A/TOKEN_B/TOKEN_C[/#CHANNEL], or slack://xoxb-…/#CHANNEL',
  drafts({ user, authority, path, query }, { title, text, type, at, link }) {
    const isBot = /^xox[a-z]-/.test(authority);
    const [b, c] = path;
    if (!isBot && (b === undefined || c === undefined)) return { problem: 'it is neither three tokens nor a bot token and a channel' };
    const named = [...(isBot ? path : path.slice(2)), ...(query.get('to') ?? '').split(',').filter(Boolean)].map(channelOf);
    if (isBot && named.length === 0) return { problem: 'it names no channel' };
    const url = isBot ? 'https://slack.com/api/chat.postMessage' : `https://hooks.slack.com/services/${[authority, b, c].join('/')}`;
    const attachment = {
      color: COLOURS[type],
      fallback: cut(title, 200),
      title: cut(title, 200),
      text: escaped(cut(text, 2900)),
      ts: Math.floor(Date.parse(at) / 1000),
      ...(link === null ? {} : { title_link: link }),
    };
    const channels = named.length === 0 ? [undefined] : named;
    return channels.map((channel) =>
      json(
        url,
        { ...(channel === undefined ? {} : { channel }), ...(user === '' ? {} : { username: user }), attachments: [attachment] },
        isBot ? { authorization: `Bearer ${authority}` } : {},
      ),
    );
  },
  refusal: (answer) => (answer.ok === false ? 'refused by Slack' : null),
};

/** `#name`, `@name`, `+ID` and ids as they are; a bare word is a channel. */
function channelOf(name: string): string {
  if (name.startsWith('+')) return name.slice(1);
  return /^([#@]|[CDGU][A-Z0-9]{8,}$)/.test(name) ? name : `#${name}`;
}
