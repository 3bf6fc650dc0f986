import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessIdentity } from '../../../worker/http/console/access.ts';

/* Cloudflare Access as it looks to us: a team that serves its keys, and a JWT in a header. */

const NOW = Date.parse('2026-11-25T20:00:00Z');
const AUD = 'f00d';
const [ours, theirs] = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('rsa', { modulusLength: 2048 })];

let server: Server;
let team = '';
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    const key = { ...ours.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };
    response.statusCode = request.url === '/cdn-cgi/access/certs' ? 200 : 404;
    response.end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  team = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(claims: object = {}, { key = ours.privateKey, header = {} }: { key?: KeyObject; header?: object } = {}): string {
  const times = { iat: NOW / 1000, nbf: NOW / 1000, exp: NOW / 1000 + 600 };
  const head = part({ alg: 'RS256', kid: 'k1', typ: 'JWT', ...header });
  const body = part({ iss: team, aud: [AUD], sub: 'user-1', email: 'ada@example.com', ...times, ...claims });
  return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`;
}

function identity(assertion: string, settings: object = {}) {
  const request = new Request('https://edge.test/admin', { headers: { 'cf-access-jwt-assertion': assertion } });
  return accessIdentity(request, { ACCESS_TEAM_DOMAIN: team, ACCESS_AUD: AUD, ...settings }, NOW);
}

test('an assertion of the team for us says who it is, and its keys are asked for once', async () => {
  expect(await identity(jwt())).toEqual({ sub: 'user-1', who: 'ada@example.com' });
  const before = asked;
  expect(await identity(jwt({ email: undefined, aud: AUD }))).toEqual({ sub: 'user-1', who: 'user-1' });
  expect(asked).toBe(before);
});

test.each([
  ['another audience', () => jwt({ aud: ['beef'] })],
  ['another team', () => jwt({ iss: 'https://evil.example' })],
  ['the past', () => jwt({ exp: NOW / 1000 - 61 })],
  ['the future', () => jwt({ nbf: NOW / 1000 + 61 })],
  ['nobody', () => jwt({ sub: undefined })],
  ['another key', () => jwt({}, { key: theirs.privateKey })],
  ['a key that is not there', () => jwt({}, { header: { kid: 'k2' } })],
  ['no algorithm', () => jwt({}, { header: { alg: 'none' } })],
  ['a changed claim', () => jwt().replace(/\.[^.]+\./, `.${part({ iss: team, aud: AUD, sub: 'root', exp: NOW })}.`)],
  ['no signature', () => jwt().replace(/[^.]+$/, '')],
  ['too many parts', () => `${jwt()}.x`],
  ['nonsense', () => 'a.b.c'],
  ['nothing', () => ''],
])('one of %s says nobody', async (_, assertion) => {
  expect(await identity(assertion())).toBeNull();
});

test('without its settings nobody comes by Access', async () => {
  expect(await identity(jwt(), { ACCESS_AUD: '' })).toBeNull();
  expect(await identity(jwt(), { ACCESS_TEAM_DOMAIN: undefined })).toBeNull();
});
