import { reset } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fleetOf } from '../../worker/env.ts';
import { Vantage } from '../../worker/objects/vantage.ts';
import { env, send } from './site-world.ts';

/* People's controls, as a browser without a script uses them: cookies, forms, redirects. */

const ADMIN = 'test-admin-token';
const FORM = 'application/x-www-form-urlencoded';
const FLEET = {
  fleet: { name: 'Home <b>' },
  vantage: [{ id: 'v1', region: 'weur' }],
  server: ['a', 'b'].map((id) => ({ id, address: '198.51.100.1', check: [{ kind: 'tcp', port: 443 }] })),
  site: [{ id: 'home', servers: ['a', 'b'] }],
};

class Browser {
  cookie = '';
  csrf = '';

  async get(path: string, headers: Record<string, string> = {}): Promise<{ answer: Response; text: string }> {
    const answer = await send('GET', path, { headers: { cookie: this.cookie, ...headers } });
    const text = await answer.text();
    this.csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? this.csrf;
    return { answer, text };
  }

  /** Answers are not followed: what a form does is told by a redirect, or by a page that says why not. */
  post(path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Response> {
    const body = new URLSearchParams({ csrf: this.csrf, ...fields }).toString();
    return send('POST', path, { body, type: FORM, headers: { cookie: this.cookie, ...headers } });
  }

  static async signedIn(): Promise<Browser> {
    const browser = new Browser();
    const answer = await browser.post('/admin/sign-in', { token: ADMIN });
    expect(answer.status).toBe(303);
    browser.cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    await browser.get('/admin');
    return browser;
  }
}

beforeEach(async () => {
  vi.spyOn(Vantage.prototype, 'assume').mockResolvedValue();
  await send('PUT', '/admin/v1/fleet', { token: ADMIN, json: FLEET });
  const t = Date.now();
  const votes = Object.fromEntries(['a', 'b'].map((id) => [id, { vote: 'up' as const, t, why: 'answered', latencyMs: 5 }]));
  await fleetOf(env).votes({ vantage: 'v1', revision: 1_000_000, t, colo: 'TST', sighted: true, votes, suspects: [] });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await reset();
});

describe('signing in', () => {
  it('shows nothing but a form to whoever is not signed in', async () => {
    for (const path of ['/admin', '/admin/fleet', '/admin/sites/home', '/admin/servers/a']) {
      const { answer, text } = await new Browser().get(path);
      expect(answer.status).toBe(200);
      expect(text).toContain('type="password"');
      expect(text).not.toContain('Home');
    }
  });

  it('takes the token for a cookie that is not the token, and keeps nothing in caches', async () => {
    const answer = await new Browser().post('/admin/sign-in', { token: ADMIN });
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Secure-farwatch=\S+; Path=\/admin; HttpOnly; SameSite=Strict; Max-Age=3600; Secure$/);
    expect(cookie).not.toContain(ADMIN);
    expect(answer.headers.get('location')).toBe('/admin');
    const { answer: page, text } = await (await Browser.signedIn()).get('/admin');
    expect(text).toContain('Home &lt;b&gt;');
    expect(text).not.toContain(ADMIN);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*form-action 'self'; frame-ancestors 'none'/);
    expect(page.headers.get('content-security-policy')).not.toMatch(/script-src|unsafe/);
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('refuses a wrong token, and makes an address that sends many wait, but not the right one', async () => {
    const [browser, headers] = [new Browser(), { 'cf-connecting-ip': '203.0.113.99' }];
    const wrong = await browser.post('/admin/sign-in', { token: 'wrong' }, headers);
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
    let answer = wrong;
    for (let i = 0; i < 50 && answer.status !== 429; i++) answer = await browser.post('/admin/sign-in', { token: `${i}` }, headers);
    expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await browser.post('/admin/sign-in', { token: ADMIN }, headers)).status).toBe(303);
  });

  it('ends by itself after an hour, when it is changed, and when people sign out', async () => {
    const browser = await Browser.signedIn();
    const signedIn = async () => !(await browser.get('/admin')).text.includes('type="password"');
    expect(await signedIn()).toBe(true);
    const { cookie } = browser;
    browser.cookie = cookie.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await signedIn()).toBe(false);
    browser.cookie = cookie.replace(/=\d+/, `=${Date.now() + 9e9}`);
    expect(await signedIn()).toBe(false);
    browser.cookie = cookie;
    const out = await browser.post('/admin/sign-out');
    expect(out.headers.get('set-cookie')).toContain('__Secure-farwatch=; Path=/admin; HttpOnly; SameSite=Strict; Max-Age=0');
    vi.useFakeTimers({ now: Date.now() + 3_600_001, toFake: ['Date'] });
    expect(await signedIn()).toBe(false);
  });

  it('does not open the interface for programs', async () => {
    const { cookie } = await Browser.signedIn();
    expect((await send('GET', '/admin/v1/fleet', { headers: { cookie } })).status).toBe(401);
  });
});

describe('a form', () => {
  it('is taken from our own pages only', async () => {
    const browser = await Browser.signedIn();
    const fields = { server: 'b', for: '900' };
    const path = '/admin/sites/home/pin';
    expect((await browser.post(path, { ...fields, csrf: '' })).status).toBe(403);
    expect((await browser.post(path, { ...fields, csrf: 'f'.repeat(64) })).status).toBe(403);
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }] as Record<
      string,
      string
    >[])
      expect((await browser.post(path, fields, headers)).status).toBe(403);
    const stranger = new Browser();
    stranger.csrf = browser.csrf;
    expect((await stranger.post(path, fields)).status).toBe(401);
    expect((await send('POST', path, { json: fields, headers: { cookie: browser.cookie } })).status).toBe(415);
    expect((await fleetOf(env).status()).sites[0]?.pin).toBeNull();
    expect((await browser.post(path, fields, { origin: 'https://edge.test', 'sec-fetch-site': 'same-origin' })).status).toBe(303);
  });

  it('pins a site and takes the pin away, and the page says so in the language of its reader', async () => {
    const browser = await Browser.signedIn();
    const answer = await browser.post('/admin/sites/home/pin', { server: 'b', for: '0' });
    expect(answer.headers.get('location')).toBe('/admin?done=pin');
    await expect.poll(async () => (await fleetOf(env).status()).sites[0]?.pin?.server).toBe('b');
    expect((await browser.get('/admin?done=pin')).text).toContain('The site is pinned.');
    expect((await browser.get('/admin?done=pin', { 'accept-language': 'zh' })).text).toContain('站点已固定');
    expect((await browser.get('/admin?done=<script>')).text).not.toContain('<script');
    expect((await browser.post('/admin/sites/home/unpin')).status).toBe(303);
    await expect.poll(async () => (await fleetOf(env).status()).sites[0]?.pin).toBeNull();
  });

  it('says why not, with the status that says it too', async () => {
    const browser = await Browser.signedIn();
    const drill = await browser.post('/admin/sites/home/drill');
    expect(drill.status).toBe(409);
    expect(await drill.text()).toContain('Not done');
    expect((await browser.post('/admin/sites/home/pin', { server: 'nobody', for: '0' })).status).toBe(422);
    expect((await browser.post('/admin/sites/home/pin', { server: 'a', for: 'ever' })).status).toBe(422);
    expect((await browser.post('/admin/sites/nowhere/pin', { server: 'a', for: '0' })).status).toBe(404);
    expect((await browser.post('/admin/notify/test', { channel: '7' })).status).toBe(404);
  });

  it('sets maintenance, now or later, and calls it off', async () => {
    const browser = await Browser.signedIn();
    expect((await browser.post('/admin/servers/a/maintenance', { for: '3600', from: '' })).status).toBe(303);
    expect((await fleetOf(env).status()).servers[0]?.health).toBe('maintenance');
    expect((await browser.post('/admin/servers/a/maintenance/end')).status).toBe(303);
    expect((await fleetOf(env).status()).maintenance).toEqual([]);
    expect((await browser.post('/admin/servers/a/maintenance', { for: '900', from: '2099-01-01T10:00' })).status).toBe(303);
    expect((await fleetOf(env).status()).maintenance).toEqual([
      { server: 'a', from: '2099-01-01T10:00:00.000Z', until: '2099-01-01T10:15:00.000Z' },
    ]);
    expect((await browser.get('/admin')).text).toContain('datetime="2099-01-01T10:15:00.000Z"');
  });
});

describe('tokens', () => {
  it.each(['/admin/sites/home', '/admin/servers/a'])('of %s are made, shown once and revoked', async (base) => {
    const browser = await Browser.signedIn();
    const made = await browser.post(`${base}/tokens`);
    expect(made.status).toBe(201);
    const token = /fw[sv]_\w+_[\w-]{43}/.exec(await made.text())?.[0] ?? '';
    expect(token).not.toBe('');
    const { text } = await browser.get(base);
    expect(text).not.toContain(token);
    const [, id = ''] = /tokens\/([0-9a-f]+)\/revoke/.exec(text) ?? [];
    await browser.post(`${base}/tokens`);
    expect((await browser.post(`${base}/tokens`)).status).toBe(409);
    expect((await browser.post(`${base}/tokens/${id}/revoke`)).headers.get('location')).toBe(`${base}?done=revoke`);
    expect((await browser.post(`${base}/tokens/${id}/revoke`)).status).toBe(404);
    expect((await browser.get(base.replace(/\w+$/, 'nowhere'))).answer.status).toBe(404);
  });
});

describe('the fleet file', () => {
  it('is shown, checked, put into force and rolled back', async () => {
    const browser = await Browser.signedIn();
    const { text } = await browser.get('/admin/fleet');
    const [, etag = ''] = /name="etag" value="([^"]*)"/.exec(text) ?? [];
    const fleet = JSON.stringify({ ...FLEET, fleet: { name: 'Renamed' } });
    const fields = { text: fleet, etag: etag.replaceAll('&quot;', '"') };
    const checked = await (await browser.post('/admin/fleet', { ...fields, action: 'check' })).text();
    expect(checked).toContain('<code>/fleet/name</code>');
    expect(checked).toContain('value="apply"');
    expect((await fleetOf(env).status()).fleet).toEqual({ name: 'Home <b>', version: 1 });
    expect((await browser.post('/admin/fleet', { ...fields, action: 'apply' })).headers.get('location')).toBe('/admin/fleet?done=fleet');
    expect((await fleetOf(env).status()).fleet).toEqual({ name: 'Renamed', version: 2 });
    expect((await browser.post('/admin/fleet', { ...fields, action: 'apply' })).status).toBe(412);
    expect((await browser.post('/admin/fleet/rollback', { version: '1' })).status).toBe(303);
    expect((await fleetOf(env).status()).fleet).toEqual({ name: 'Home <b>', version: 3 });
  });

  it('with errors is told all of them, and stays as it was typed', async () => {
    const browser = await Browser.signedIn();
    const answer = await browser.post('/admin/fleet', { text: '[fleet]\nnam = "</textarea>"\n', etag: '', action: 'check' });
    expect(answer.status).toBe(422);
    const text = await answer.text();
    expect(text).toContain('This file has errors');
    expect(text).toContain('nam = &quot;&lt;/textarea&gt;&quot;');
  });
});
