import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { NOTIFY_SCHEMES } from '../../../worker/fleet-file/schema.ts';
import { CHANNELS } from '../../../worker/notify/registry.ts';
import { draftsOf, MESSAGE, ref, sentTo } from './samples.ts';

const WHY = MESSAGE.text;
const HTML_WHY = WHY.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;');

describe('every channel', () => {
  const urls: Record<string, string> = {
    ntfy: 'ntfy://h.example.net/t',
    ntfys: 'ntfys://h.example.net/t',
    tgram: 'tgram://1:a/2',
    discord: 'discord://1/a',
    slack: 'slack://A/B/C',
    gotify: 'gotify://h.example.net/t',
    gotifys: 'gotifys://h.example.net/t',
    json: 'json://h.example.net',
    jsons: 'jsons://h.example.net',
    resend: 'resend://k:a@example.net',
    mailgun: 'mailgun://a@example.net/k',
    webhook: `webhook://whsec_${btoa('x'.repeat(24))}@h.example.net`,
    webhooks: `webhooks://whsec_${btoa('x'.repeat(24))}@h.example.net`,
  };

  test.each(NOTIFY_SCHEMES)('%s: over https where it says so, bounded, without a control character in a header', async (scheme) => {
    const long = { ...MESSAGE, title: 'x'.repeat(1000), text: '😀 <&>'.repeat(3000).slice(0, 8000) };
    const { url, headers, text } = await sentTo(urls[scheme] ?? '', {}, long);
    expect(url).toMatch(/^(ntfy|gotify|json|webhook)$/.test(scheme) ? /^http:/ : /^https:/);
    expect(text.length).toBeLessThan(60_000);
    expect(Object.values(headers).every((value) => /^[\x20-\x7e]*$/.test(value))).toBe(true);
    expect(CHANNELS[scheme].syntax).toContain(`${scheme.replace(/(?<=ntfy|gotify|json|webhook)s$/, '')}://`);
  });
});

describe('ntfy', () => {
  test('is the JSON of docs.ntfy.sh, with the id that makes a repeat the same notification', async () => {
    const { url, headers, body } = await sentTo('ntfys://tk_secret@ntfy.example.net:8443/alerts');
    expect(url).toBe('https://ntfy.example.net:8443');
    expect(headers.authorization).toBe('Bearer tk_secret');
    expect(body).toEqual({
      topic: 'alerts',
      title: MESSAGE.title,
      message: WHY,
      priority: 5,
      tags: ['rotating_light'],
      click: MESSAGE.link,
      sequence_id: 'msg_1',
    });
  });

  test('is ntfy.sh for a topic alone and by name, several topics, basic authentication, own priority', async () => {
    expect((await sentTo('ntfy://topic')).url).toBe('https://ntfy.sh');
    expect(await sentTo('ntfy://ntfy.sh/mine?priority=low')).toMatchObject({
      url: 'https://ntfy.sh',
      body: { topic: 'mine', priority: 2 },
    });
    expect(await draftsOf('ntfy://127.0.0.1:1/a/b')).toHaveLength(2);
    expect((await sentTo('ntfy://me:pä@127.0.0.1:1/a')).headers.authorization).toBe(`Basic ${Buffer.from('me:pä').toString('base64')}`);
  });
});

test('telegram: sendMessage, as HTML, to ids, names and topics', async () => {
  const { url, body } = await sentTo('tgram://123456:AA-bb_c/-100123:7?silent=yes');
  expect(url).toBe('https://api.telegram.org/bot123456:AA-bb_c/sendMessage');
  expect(body).toEqual({
    chat_id: '-100123',
    message_thread_id: 7,
    text: `<b>${MESSAGE.title}</b>\n${HTML_WHY}\n${MESSAGE.link}`,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    disable_notification: true,
  });
  expect((await sentTo('tgram://bot123456:AA/name')).body.chat_id).toBe('@name');
  expect(await draftsOf('tgram://123456:AA')).toContain('no chat');
  expect(await draftsOf('tgram://AA/1')).toContain('not a bot token');
});

test('discord: an embed, and nobody is mentioned', async () => {
  const { url, body } = await sentTo('discord://Farwatch@123/to-ken_?thread=9');
  expect(url).toBe('https://discord.com/api/webhooks/123/to-ken_?wait=true&thread_id=9');
  expect(body).toEqual({
    username: 'Farwatch',
    embeds: [{ title: MESSAGE.title, description: WHY, color: 0xa32037, timestamp: MESSAGE.at, url: MESSAGE.link }],
    allowed_mentions: { parse: [] },
  });
  expect(await draftsOf('discord://123')).toContain('WEBHOOK_TOKEN');
});

describe('slack', () => {
  const attachment = {
    color: '#a32037',
    fallback: MESSAGE.title,
    title: MESSAGE.title,
    title_link: MESSAGE.link,
    text: HTML_WHY,
    ts: Date.parse(MESSAGE.at) / 1000,
  };

  test('is an incoming webhook', async () => {
    const { url, body } = await sentTo('slack://Bot@T1/B2/C3/#ops');
    expect(url).toBe('https://hooks.slack.com/services/T1/B2/C3');
    expect(body).toEqual({ channel: '#ops', username: 'Bot', attachments: [attachment] });
  });

  test('is a bot, which says its refusals with status 200', async () => {
    const { url, headers, body } = await sentTo('slack://xoxb-1-2/ops');
    expect(url).toBe('https://slack.com/api/chat.postMessage');
    expect(headers.authorization).toBe('Bearer xoxb-1-2');
    expect(body.channel).toBe('#ops');
    expect((await sentTo('slack://xoxb-1/+C0123')).body.channel).toBe('C0123');
    expect(CHANNELS.slack.refusal?.({ ok: false, error: 'channel_not_found' })).not.toBeNull();
    expect(CHANNELS.slack.refusal?.({ ok: true })).toBeNull();
    expect(CHANNELS.slack.refusal?.({})).toBeNull();
  });
});

test('gotify: the message with its token in a header', async () => {
  const { url, headers, body } = await sentTo('gotifys://push.example.net/sub/path/TOKEN?priority=high');
  expect(url).toBe('https://push.example.net/sub/path/message');
  expect(headers['x-gotify-key']).toBe('TOKEN');
  const click = { url: MESSAGE.link };
  expect(body).toEqual({ title: MESSAGE.title, message: WHY, priority: 8, extras: { 'client::notification': { click } } });
});

test('json: the interface, with the parameters and headers that the URL adds', async () => {
  const { url, headers, body } = await sentTo('json://u:p@127.0.0.1:9/hook/?-a=1&+X-Key=k&method=PUT');
  expect(url).toBe('http://127.0.0.1:9/hook/?a=1');
  expect(headers).toMatchObject({ 'x-key': 'k', 'idempotency-key': 'msg_1', authorization: `Basic ${btoa('u:p')}` });
  expect(body).toEqual({
    version: '1.0',
    id: 'msg_1',
    title: MESSAGE.title,
    message: WHY,
    type: 'failure',
    event: 'incident.opened',
    at: MESSAGE.at,
    why: MESSAGE.notices[0]?.why,
    incident: 'server/fra/down-1',
    server: 'fra',
    fleet: 'Home',
    link: MESSAGE.link,
    events: MESSAGE.notices,
  });
});

describe('e-mail', () => {
  test('resend: one mail to all, idempotent', async () => {
    const { url, headers, body } = await sentTo('resend://re_KEY:alerts@example.net/a@example.org/b@example.org?cc=c@example.org&name=Ops');
    expect(url).toBe('https://api.resend.com/emails');
    expect(headers).toMatchObject({ authorization: 'Bearer re_KEY', 'idempotency-key': 'msg_1' });
    expect(body).toEqual({
      from: '"Ops" <alerts@example.net>',
      to: ['a@example.org', 'b@example.org'],
      cc: ['c@example.org'],
      subject: MESSAGE.title,
      text: `${WHY}\n\n${MESSAGE.link}\n`,
    });
  });

  test('mailgun: a form, to the sender where nobody is named', async () => {
    const { url, headers, body } = await sentTo('mailgun://alerts@mg.example.net/key-1?region=eu');
    expect(url).toBe('https://api.eu.mailgun.net/v3/mg.example.net/messages');
    expect(headers).toMatchObject({ authorization: `Basic ${btoa('api:key-1')}`, 'content-type': 'application/x-www-form-urlencoded' });
    expect(body).toMatchObject({
      from: '"Farwatch" <alerts@mg.example.net>',
      to: 'alerts@mg.example.net',
      'h:Message-Id': '<msg_1@mg.example.net>',
    });
  });

  test('an address that is none is said', async () => {
    expect(await draftsOf('resend://k:a@example.net/nobody')).toContain('mail address');
    expect(await draftsOf('mailgun://a@example.net')).toContain('no API key');
  });
});

describe('webhook', () => {
  const secret = `whsec_${Buffer.from('a secret of 24 bytes or more').toString('base64')}`;
  const old = `whsec_${Buffer.from('another secret of 24 bytes!!').toString('base64')}`;
  const expected = (key: string, text: string) =>
    `v1,${createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
      .update(text)
      .digest('base64')}`;

  test('is signed as Standard Webhooks has it: type, timestamp, data; both secrets sign while one replaces the other', async () => {
    const { url, headers, text, body } = await sentTo(`webhooks://${ref('NEW')}:${ref('OLD')}@example.net/in?x=1`, {
      NEW: secret,
      OLD: old,
    });
    expect(url).toBe('https://example.net/in?x=1');
    expect(body).toMatchObject({ type: 'incident.opened', timestamp: MESSAGE.at, data: { id: 'msg_1', message: WHY } });
    const signed = `msg_1.1700000000.${text}`;
    expect(headers).toMatchObject({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': `${expected(secret, signed)} ${expected(old, signed)}`,
    });
  });

  test.each(['', 'plain', 'whsec_', 'whsec_***', `whsec_${btoa('short')}`, `whsec_${btoa('x'.repeat(65))}`])(
    'refuses the secret "%s"',
    async (wrong) => {
      const url = wrong === '' ? 'webhook://example.net/' : `webhook://${ref('S')}@example.net/`;
      expect(await draftsOf(url, { S: wrong })).toContain('whsec_');
    },
  );
});

test.each(['gotify://example.net', 'slack://a/b', 'json://a b/'])('%s says what is wrong, without the URL', async (url) => {
  const problem = await draftsOf(url);
  expect(typeof problem).toBe('string');
  expect(problem).not.toContain(url.split('://')[1]);
});
