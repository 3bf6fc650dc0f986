import { describe, expect, test } from 'vitest';
import { hasOpenSecret, readTarget } from '../../../worker/notify/target.ts';
import { ref, targetOf } from './samples.ts';

describe('a URL', () => {
  test('is user, password, place, path and parameters', () => {
    expect(targetOf('jsons://me:pa%40ss@hooks.example.net:8443/a/b%20c/?+X-Key=v%2Fw&-q=1')).toMatchObject({
      scheme: 'jsons',
      user: 'me',
      password: 'pa@ss',
      place: { ok: true, origin: 'https://hooks.example.net:8443' },
      path: ['a', 'b c'],
      pathname: '/a/b%20c/',
      query: new Map([
        ['+X-Key', 'v/w'],
        ['-q', '1'],
      ]),
    });
  });

  test.each([
    ['json://[::1]:80/', 'http://[::1]:80'],
    ['json://127.0.0.1:9/hook', 'http://127.0.0.1:9'],
    ['gotifys://0x7f.1/t', 'https://127.0.0.1'],
  ])('%s goes to %s', (url, origin) => {
    expect(targetOf(url).place).toEqual({ ok: true, origin });
  });

  test.each(['json://', 'json://ho st/', 'json://a:99999/', 'json://exa%2Fmple/'])('%s has no place', (url) => {
    expect(targetOf(url).place.ok && targetOf(url).pathname === '').toBe(false);
  });

  test.each([
    'json://127.0.0.1/',
    'jsons://10.1.2.3/',
    'json://[fd00::1]/',
    'json://0x7f.1/',
    'webhooks://router.lan/',
    'ntfy://2130706433/t',
  ])('%s is private, and refused where that is not allowed', (url) => {
    const read = readTarget(url, {}, false);
    expect(read.ok && read.target.place).toMatchObject({ ok: false, problem: expect.stringContaining('private') });
  });
});

describe('a secret', () => {
  const env = {
    TOKEN: 'a/b:c@d?e#f%41',
    PAIR: '123/abc',
    CRED: 'user:word',
    HOST: 'ntfy.example.net:8443',
    EMPTY: '',
    OBJECT: {},
    ADMIN_TOKEN: 'root',
  };

  test('is taken as it is in a user, a parameter and inside a part of the path', () => {
    const target = targetOf(`webhooks://${ref('TOKEN')}:${ref('TOKEN')}@example.net/x-${ref('TOKEN')}?k=${ref('TOKEN')}`, env);
    expect(target).toMatchObject({ user: env.TOKEN, password: env.TOKEN, path: [`x-${env.TOKEN}`], query: new Map([['k', env.TOKEN]]) });
    expect(target.pathname).toBe('/x-a%2Fb%3Ac%40d%3Fe%23f%2541');
    expect(target.secrets).toContain(env.TOKEN);
  });

  test('may be several parts where it stands alone', () => {
    expect(targetOf(`discord://${ref('PAIR')}`, env)).toMatchObject({ authority: '123', path: ['abc'] });
    expect(targetOf(`slack://a/${ref('PAIR')}`, env)).toMatchObject({ authority: 'a', path: ['123', 'abc'] });
    expect(targetOf(`json://${ref('CRED')}@${ref('HOST')}/x`, env)).toMatchObject({
      user: 'user',
      password: 'word',
      place: { ok: true, origin: 'http://ntfy.example.net:8443' },
    });
  });

  test.each([ref('NONE'), ref('EMPTY'), ref('OBJECT'), ref('__proto__'), ref('constructor')])(
    'that is not set (%s) is named, with what to do',
    (name) => {
      expect(readTarget(`ntfy://example.net/${name}`, env, true)).toEqual({
        ok: false,
        problem: expect.stringContaining(`no secret is set for ${name}`),
      });
    },
  );

  test('of the Worker itself is not for notifications', () => {
    const read = readTarget(`json://example.net/?-t=${ref('ADMIN_TOKEN')}`, env, true);
    expect(read).toEqual({ ok: false, problem: expect.stringContaining('not for notifications') });
    expect(JSON.stringify(read)).not.toContain('root');
  });

  test.each([
    ['tgram://1:abc/2', true],
    [`tgram://${ref('BOT')}/2`, false],
    ['json://u:p@example.net/', true],
    ['ntfy://ntfy.sh/topic', false],
  ])('written out in %s: %s', (url, open) => {
    expect(hasOpenSecret(url)).toBe(open);
  });
});
