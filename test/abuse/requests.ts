import type { Prng } from '../sim/prng.ts';

/** What opens which routes: abuse by somebody who has a token reaches deeper. */
export interface Tokens {
  admin: string;
  agent: string;
}

/** One malformed request as bytes on the wire. */
export interface Attack {
  bytes: Buffer;
  /** Says its end by closing, and may be closed without an answer: its length is a lie. */
  cut: boolean;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'G\u00cbT'];

const PATHS = [
  ...[
    '/',
    '/admin',
    '/admin/fleet',
    '/admin/sites/home',
    '/admin/sites/home/pin',
    '/admin/sign-in',
    '/admin/fleet/rollback',
    '/admin/notify/test',
  ],
  ...['/api/v1/status', '/api/v1/servers/a', '/api/v1/sites/home', '/api/v1/incidents', '/api/v1/timeline', '/openapi.json', '/metrics'],
  ...['/api/v2/summary.json', '/api/v2/incidents/unresolved.json', '/feed.atom', '/badge/server/a.svg', '/badge/site/home.json', '/health'],
  ...['/agent/v1/poll?hold_ms=0', '/agent/v1/echo', '/server/v1/resign', '/admin/v1/fleet?dry_run=1', '/admin/v1/fleet/versions'],
  ...['/admin/v1/fleet/rollback', '/admin/v1/sites/home/pin', '/admin/v1/sites/home/unpin', '/admin/v1/sites/home/drill'],
  ...['/admin/v1/sites/home/tokens/0', '/admin/v1/servers/a/maintenance', '/admin/v1/servers/a/tokens/0', '/admin/v1/notify', '/page.css'],
];

const SEGMENTS = [
  '%00',
  '%2e%2e',
  '..',
  '%2F',
  '%',
  '%E0%A4%A',
  '%ff%fe',
  '__proto__',
  'constructor',
  '//',
  ';x=1',
  '\\',
  '%0d%0aX-Evil:1',
  '\u{1f600}',
];
const QUERIES = [
  '?',
  '?hold_ms=-1',
  '?hold_ms=1e99',
  '?hold_ms=%00',
  '?dry_run=1&dry_run=2',
  '?note=%ff',
  '?__proto__=1',
  `?${'a=b&'.repeat(500)}`,
];
const TYPES = [
  'application/json',
  'application/toml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  '',
  '\u00e9',
  'application/json; charset=utf-7',
];

const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}${close.repeat(depth)}`;
const BODIES: readonly (string | Buffer)[] = [
  ...[
    '',
    '{',
    '}',
    '[]',
    'null',
    'true',
    '1e999',
    '"\\ud800"',
    '{"a":1,"a":2}',
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"x":1}}}',
  ],
  ...[
    deep('[', ']', 20_000),
    deep('{"a":', '}', 5000),
    `{"a":"${'x'.repeat(64 * 1024 - 8)}"}`,
    'x'.repeat(64 * 1024),
    'x'.repeat(64 * 1024 + 1),
  ],
  ...[
    '{"server":"b","until":1e400}',
    '{"server":"../../etc","until":"2026-02-30T00:00:00Z"}',
    '{"server":"b","until":-1}',
    '{"version":1e308}',
    '{"channel":-0.5}',
  ],
  ...[
    'a = ',
    '[fleet]\nname = "x"\n[fleet]\n',
    `a = ${deep('[', ']', 5000)}`,
    'csrf=x&server=%ff',
    'token=',
    `token=${'%00'.repeat(1000)}`,
    '[[server]]\n'.repeat(2000),
  ],
  ...[
    Buffer.from([0xff, 0xfe, 0x00, 0x7b]),
    Buffer.from('{"site":"home","instance":"\u00fc","paths":[]}', 'latin1'),
    Buffer.alloc(70_000, 0),
  ],
];

/** Any of the ways in which a request can be wrong, or a few of them at once; the same for the same random numbers. */
export function attackOf(random: Prng, tokens: Tokens): Attack {
  const path = pathOf(random);
  // Half of them are what the route expects, as far as that goes: what follows is what is wrong.
  const method = random.chance(0.5) ? methodOf(path) : random.pick(METHODS);
  const body = Buffer.from(random.pick(BODIES));
  const framing = random.pick(['right', 'right', 'right', 'chunked', 'short', 'long', 'bad chunk', 'none']);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: edge.test',
    'Connection: close',
    ...headersOf(random, path, tokens),
    ...framingOf(framing, body.length),
  ];
  const payload = framing === 'chunked' ? chunked(body, random) : framing === 'bad chunk' ? Buffer.from('zz\r\nnope\r\n') : body;
  const sent = framing === 'none' ? Buffer.alloc(0) : payload;
  return { bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), sent]), cut: framing === 'long' || framing === 'bad chunk' };
}

function methodOf(path: string): string {
  if (path.startsWith('/admin/v1/fleet?')) return 'PUT';
  return /^\/(agent\/v1\/poll|server|admin\/.*(pin|drill|maintenance|rollback|test|sign-in)|admin\/fleet$)/.test(path) ? 'POST' : 'GET';
}

function pathOf(random: Prng): string {
  const path = random.pick(PATHS);
  if (random.chance(0.5)) return path;
  const [plain = '', query = ''] = path.split('?');
  // A poll that is not told otherwise is held for 50 seconds, and rightly.
  if (plain.endsWith('/poll')) return `${plain}${random.pick(QUERIES.slice(1, 4))}`;
  if (random.chance(0.3)) return `${plain}${random.pick(QUERIES)}`;
  const parts = plain.split('/');
  parts[random.int(1, parts.length - 1)] = random.pick(SEGMENTS);
  return `${parts.join('/')}${query === '' ? '' : `?${query}`}`;
}

function headersOf(random: Prng, path: string, { admin, agent }: Tokens): string[] {
  const authorization = [
    '',
    `Bearer ${admin}`,
    `Bearer ${agent}`,
    'Bearer',
    'Bearer  ',
    'Basic eDp4',
    `bearer ${admin}x`,
    `Bearer fws_home_${'A'.repeat(43)}`,
    'Bearer \u00ff',
  ];
  const odd = [
    'If-None-Match: *',
    'If-None-Match: ,,"',
    'If-Match: "999"',
    'Accept: ;q=2,,*/*;q=x',
    `Accept: ${'a/b,'.repeat(1000)}`,
    'Accept-Language: zh;q=nan,,-',
    'Content-Encoding: gzip',
  ];
  const more = [
    'Content-Encoding: br',
    'Cookie: farwatch=1.2.3; farwatch=',
    `Cookie: farwatch=9999999999999.${'a'.repeat(36)}.${'0'.repeat(64)}`,
    'Origin: null',
    'Cf-Access-Jwt-Assertion: a.b.c',
    'X-Forwarded-Proto: https',
    'Upgrade: websocket',
  ];
  const token = random.chance(0.5) ? `Bearer ${path.startsWith('/agent') ? agent : admin}` : random.pick(authorization);
  return [
    ...(token === '' ? [] : [`Authorization: ${token}`]),
    `Content-Type: ${random.chance(0.4) ? 'application/json' : random.pick(TYPES)}`,
    ...random.some([...odd, ...more], random.int(0, 3)),
  ];
}

function framingOf(framing: string, length: number): string[] {
  if (framing === 'chunked' || framing === 'bad chunk') return ['Transfer-Encoding: chunked'];
  if (framing === 'none') return [];
  return [`Content-Length: ${framing === 'long' ? length + 100 : framing === 'short' ? Math.floor(length / 2) : length}`];
}

function chunked(body: Buffer, random: Prng): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const part = body.subarray(at, at + random.int(1, 16_384));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
    at += part.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
