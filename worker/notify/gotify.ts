import { type Channel, json } from './channel.ts';
import type { NoticeType } from './message.ts';

const PRIORITY: Record<NoticeType, number> = { info: 3, success: 5, warning: 6, failure: 8 };
const NAMED: Record<string, number> = { low: 0, moderate: 3, normal: 5, high: 8, emergency: 10 };

/** Gotify, https://gotify.net/docs/pushmsg. */
export const gotify: Channel = {
  syntax: 'gotify://HOST[:PORT][/PATH]/TOKEN (gotifys:// over https)',
  drafts({ place, path, query }, { title, text, type, link }) {
    const token = path.at(-1);
    if (!place.ok) return place;
    if (token === undefined) return { problem: 'it has no token after its host' };
    const asked = query.get('priority') ?? '';
    const base = [place.origin, ...path.slice(0, -1).map(encodeURIComponent), 'message'].join('/');
    const extras = link === null ? {} : { extras: { 'client::notification': { click: { url: link } } } };
    const priority = NAMED[asked] ?? (/^\d+$/.test(asked) ? Number(asked) : PRIORITY[type]);
    return [json(base, { title, message: text, priority, ...extras }, { 'x-gotify-key': token })];
  },
};
