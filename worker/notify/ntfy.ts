import { basic, type Channel, json } from './channel.ts';
import { cut, type NoticeType } from './message.ts';

const CLOUD = 'https://ntfy.sh';
const PRIORITY: Record<NoticeType, number> = { info: 3, success: 3, warning: 4, failure: 5 };
const TAGS: Record<NoticeType, string> = {
  info: 'information_source',
  success: 'white_check_mark',
  warning: 'warning',
  failure: 'rotating_light',
};
const NAMED = ['min', 'low', 'default', 'high', 'max'];

/** ntfy, https://docs.ntfy.sh/publish/#publish-as-json. Without a path the host is a topic of ntfy.sh. A repeat updates the notification (`sequence_id`). */
export const ntfy: Channel = {
  syntax: 'ntfy://[USER:PASSWORD@|TOKEN@]HOST/TOPIC (ntfys:// over https), or ntfy://TOPIC at ntfy.sh',
  drafts({ user, password, authority, place, path, query }, { id, title, text, type, link }) {
    const isCloud = path.length === 0 || /^ntfy\.sh(:\d+)?$/.test(authority);
    if (!isCloud && !place.ok) return place;
    const topics = path.length === 0 ? [authority] : path;
    const url = isCloud || !place.ok ? CLOUD : place.origin;
    const token = query.get('token') ?? (password === '' && (/^tk_/.test(user) || query.get('auth') === 'token') ? user : '');
    const headers: Record<string, string> = {};
    if (token !== '') headers.authorization = `Bearer ${token}`;
    else if (user !== '') headers.authorization = basic(user, password);
    const asked = query.get('priority') ?? '';
    const priority = NAMED.indexOf(asked) + 1 || Number(asked) || PRIORITY[type];
    const click = query.get('click') ?? link;
    const tags = [TAGS[type], ...(query.get('xtags') ?? query.get('tags') ?? '').split(',').filter(Boolean)];
    return topics.map((topic) =>
      json(
        url,
        { topic, title: cut(title, 200), message: cut(text, 3500), priority, tags, sequence_id: id, ...(click ? { click } : {}) },
        headers,
      ),
    );
  },
};
