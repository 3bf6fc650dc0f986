import { type Channel, json } from './channel.ts';
import { cut } from './message.ts';

/** Telegram, https://core.telegram.org/bots/api#sendmessage: at most 4,096 characters. */
export const telegram: Channel = {
  syntax: 'tgram://BOT_TOKEN/CHAT_ID[:TOPIC][/CHAT_ID…]',
  drafts({ authority, path, query }, { title, text, link }) {
    const [, token] = /^(?:bot)?(\d+:[\w-]+)$/.exec(authority) ?? [];
    if (token === undefined) return { problem: 'its first part is not a bot token (123456789:ABC…)' };
    if (path.length === 0) return { problem: 'it names no chat' };
    const body = `<b>${escaped(cut(title, 200))}</b>\n${escaped(cut(text, 3300))}${link === null ? '' : `\n${escaped(link)}`}`;
    return path.map((chat) => {
      const [, name = '', topic = query.get('topic') ?? query.get('thread')] = /^(.*?)(?::(\d+))?$/.exec(chat) ?? [];
      return json(`https://api.telegram.org/bot${token}/sendMessage`, {
        chat_id: /^(@|-?\d+$)/.test(name) ? name : `@${name}`,
        text: body,
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        ...(topic === undefined ? {} : { message_thread_id: Number(topic) }),
        ...(/^(yes|true|1|on)$/i.test(query.get('silent') ?? '') ? { disable_notification: true } : {}),
      });
    });
  },
};

/** HTML as Telegram reads it, and Slack too. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
