import { basic, type Channel, json as draft } from './channel.ts';
import { fieldsOf } from './message.ts';

/** Apprise's version of this payload. */
const VERSION = '1.0';

/** Any program: a POST of the message as JSON. `?+NAME=…` adds a header and `?-name=…` a parameter, as in Apprise. */
export const json: Channel = {
  syntax: 'json://[USER:PASSWORD@]HOST[:PORT][/PATH][?+HEADER=…&-param=…] (jsons:// over https)',
  drafts({ user, password, place, pathname, query }, message) {
    if (!place.ok) return place;
    const headers: Record<string, string> = { 'idempotency-key': message.id };
    if (user !== '') headers.authorization = basic(user, password);
    const parameters = new URLSearchParams();
    for (const [key, value] of query) {
      if (/^\+[\w-]+$/.test(key)) headers[key.slice(1).toLowerCase()] = value.replace(/[^\x20-\xff]/g, '');
      else if (key.startsWith('-')) parameters.append(key.slice(1), value);
    }
    const search = parameters.size === 0 ? '' : `?${parameters}`;
    return [draft(`${place.origin}${pathname}${search}`, { version: VERSION, ...fieldsOf(message) }, headers)];
  },
};
