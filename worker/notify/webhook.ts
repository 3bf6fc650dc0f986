import { type Channel, json } from './channel.ts';
import { fieldsOf } from './message.ts';

/** Standard Webhooks: 24–64 random bytes. */
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/**
 * Any program, signed as https://www.standardwebhooks.com/ has it: HMAC-SHA256 over `id.timestamp.body`. The user is the secret; while it is being replaced
 * the password is the old one, and both sign.
 */
export const webhook: Channel = {
  syntax: 'webhook://SECRET[:OLD_SECRET]@HOST[:PORT][/PATH][?QUERY] (webhooks:// over https), each secret whsec_BASE64',
  async drafts({ user, password, place, pathname, query }, message, nowMs) {
    if (!place.ok) return place;
    const keys = [user, password].filter(Boolean).map(keyOf);
    if (keys.length === 0 || keys.includes(null)) return { problem: 'its secret is not whsec_ and 24 to 64 bytes in base64' };
    const search = new URLSearchParams([...query].filter(([key]) => key !== '')).toString();
    const body = { type: message.event, timestamp: message.at, data: fieldsOf(message) };
    const draft = json(`${place.origin}${pathname}${search === '' ? '' : `?${search}`}`, body);
    const timestamp = String(Math.floor(nowMs / 1000));
    const signed = `${message.id}.${timestamp}.${draft.body}`;
    const signatures = await Promise.all(keys.map((key) => sign(key ?? new Uint8Array(), signed)));
    const stamp = { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
    return [{ ...draft, headers: { ...draft.headers, ...stamp } }];
  },
};

function keyOf(secret: string): Uint8Array<ArrayBuffer> | null {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  if (base64 === undefined || base64.replaceAll('=', '').length % 4 === 1) return null;
  const key = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : null;
}

/** `v1,` and the HMAC-SHA256 in base64. */
async function sign(key: Uint8Array<ArrayBuffer>, text: string): Promise<string> {
  const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(text));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
}
