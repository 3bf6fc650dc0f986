import { describe, expect, it } from 'vitest';
import { errorsOf, read, smallFleet, warningsOf } from './fleets.ts';

/** The small fleet with its first server's checks replaced. */
function withCheck(...check: Record<string, unknown>[]) {
  const file = smallFleet();
  Object.assign(file.server[0] ?? {}, { check });
  return file;
}

function withAddress(address: string) {
  const file = smallFleet();
  Object.assign(file.server[0] ?? {}, { address });
  return file;
}

function withSite(site: Record<string, unknown>) {
  return { ...smallFleet(), site: [{ id: 'home', servers: ['a', 'b'], ...site }] };
}

describe('ids', () => {
  it.each(['vantage', 'server', 'site'] as const)('a second %s of the same id', (table) => {
    const file = smallFleet();
    file[table].push({ ...file[table][0] });
    const place = file[table].length - 1;
    expect(errorsOf(file)).toEqual({ [`/${table}/${place}/id`]: expect.stringContaining('has it already') });
  });
});

describe('probing', () => {
  it('a round ends before the next begins', () => {
    expect(errorsOf({ ...smallFleet(), probing: { interval_s: 2, timeout_ms: 2000 } })).toEqual({
      '/probing/timeout_ms': 'timeout_ms is 2000, but must be less than interval_s (2 s): a round has to end before the next begins',
    });
    expect(read({ ...smallFleet(), probing: { interval_s: 2, timeout_ms: 1999 } }).ok).toBe(true);
  });

  it('suspicion is not slower than calm', () => {
    expect(errorsOf({ ...smallFleet(), probing: { interval_s: 5, fast_interval_ms: 5001 } })).toHaveProperty(['/probing/fast_interval_ms']);
  });
});

describe('checks', () => {
  it.each([
    ['a tls check needs a port', { kind: 'tls' }, '/server/0/check/0/port', /port is missing: a tls check needs one/],
    ['a banner check needs a port', { kind: 'banner' }, '/server/0/check/0/port', /port is missing/],
    ['an http check needs a url', { kind: 'http' }, '/server/0/check/0/url', /url is missing/],
    ['a tcp check has no url', { kind: 'tcp', port: 1, url: 'https://a.example.net/' }, '/server/0/check/0/url', /use kind = "http"/],
    [
      'a tcp check has no status',
      { kind: 'tcp', port: 1, expect_status: 200 },
      '/server/0/check/0/expect_status',
      /only a check of kind "http"/,
    ],
    ['a tls check reads no body', { kind: 'tls', port: 1, expect_body: 'x' }, '/server/0/check/0/expect_body', /"http" and "banner"/],
    ['a port against the url', { kind: 'http', url: 'https://a.example.net/', port: 80 }, '/server/0/check/0/port', /the url says 443/],
    ['a private url', { kind: 'http', url: 'http://127.0.0.1/' }, '/server/0/check/0/url', /cannot be reached from outside/],
  ])('%s', (_name, check, path, message) => {
    const errors = errorsOf(withCheck(check));
    expect(errors[path]).toMatch(message);
    expect(Object.keys(errors)).toHaveLength(1);
  });

  it('a server without any', () => {
    expect(errorsOf(withCheck())).toEqual({ '/server/0/check': 'check is missing: add a [[server.check]], or preset = "omr"' });
  });

  it('the preset is enough', () => {
    const file = withCheck();
    Object.assign(file.server[0] ?? {}, { preset: 'omr' });
    expect(read(file).ok).toBe(true);
  });

  it('a server of which no check is critical is warned', () => {
    const ssh = { kind: 'banner', port: 22, critical: false };
    expect(warningsOf(withCheck(ssh, ssh))).toEqual([expect.stringContaining('none of its checks is critical')]);
    expect(warningsOf(withCheck(ssh, { kind: 'tls', port: 443 }))).toEqual([]);
  });

  it('what Workers cannot do is a warning', () => {
    expect(warningsOf(withCheck({ kind: 'tcp', port: 25 }))).toEqual([expect.stringContaining('port 25')]);
    expect(warningsOf(withCheck({ kind: 'http', url: 'https://192.0.2.1/' }))).toEqual([expect.stringContaining('bare IP address')]);
  });
});

describe('addresses', () => {
  const PRIVATE = [
    ...['127.0.0.1', '10.1.2.3', '100.64.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'],
    ...['localhost', 'LocalHost', 'db.localhost', 'router.lan', 'nas.local', 'metadata.internal', 'router'],
    ...['::1', '::', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:10.0.0.1', '::127.0.0.1', '64:ff9b::a00:1'],
    ...['0x7f.1', '2130706433', '127.1', '0177.0.0.1'],
  ];
  it.each(PRIVATE)('%s is refused', (address) => {
    expect(errorsOf(withAddress(address))['/server/0/address']).toMatch(/cannot be reached from outside/);
  });
  it.each(PRIVATE.slice(0, -4))('%s is allowed where asked for', (address) => {
    expect(read(withAddress(address), true).ok).toBe(true);
  });

  it.each([
    'a.example.net',
    'xn--bcher-kva.example',
    '192.0.2.1',
    '172.32.0.1',
    '100.128.0.1',
    '2001:db8::1',
    '::ffff:192.0.2.1',
    '1-2.example',
  ])('%s is accepted', (address) => {
    expect(read(withAddress(address)).ok).toBe(true);
  });

  it.each([
    'http://a.example.net',
    'a.example.net:443',
    '[2001:db8::1]',
    'a b',
    'a/b',
    'user@a.net',
    '-a.net',
    'a..b',
    '1.2.3.256',
    ':::',
    'a?b',
    'a#b',
  ])('%s is no address', (address) => {
    expect(errorsOf(withAddress(address), true)['/server/0/address']).toMatch(/but must be a host name or an IPv4 or IPv6 address/);
  });

  it('an address in a strange spelling is told the usual one', () => {
    expect(errorsOf(withAddress('3221225985'))['/server/0/address']).toBe('address is "3221225985", but must be written 192.0.2.1');
  });

  it.each(['http://example.com/', 'https://127.0.0.1/', 'https://[::1]/', 'https://localhost/'])(
    'witness %s is refused, and allowed where asked for',
    (witness) => {
      const file = { ...smallFleet(), vantage: [{ id: 'weur', region: 'weur', witnesses: [witness] }] };
      expect(errorsOf(file)).toHaveProperty(['/vantage/0/witnesses/0']);
      expect(read(file, true).ok).toBe(true);
    },
  );
});

describe('sites', () => {
  it('name servers of the file, once each', () => {
    expect(errorsOf(withSite({ servers: ['a', 'x', 'a'] }))).toEqual({
      '/site/0/servers/1': 'server "x" is not in this file: known: a, b',
      '/site/0/servers/2': 'server "a" is in the list already: once is enough',
    });
    expect(errorsOf(withSite({ servers: [] }))).toHaveProperty(['/site/0/servers']);
  });

  it.each([[[10, 50]], [[50, 10, 100]], [[10, 10, 100]], [[100, 100]]])('stages %j do not rise to 100', (failback_stages) => {
    expect(errorsOf(withSite({ failback_stages }))['/site/0/failback_stages']).toMatch(/must rise from stage to stage and end with 100/);
  });
  it.each([[[100]], [[1, 100]], [[10, 50, 100]]])('stages %j do', (failback_stages) => {
    expect(read(withSite({ failback_stages })).ok).toBe(true);
  });

  it('with servers of one region are warned', () => {
    const file = smallFleet();
    for (const server of file.server) server.region = 'EU';
    expect(warningsOf(file)).toEqual(['site "home": servers a, b are all in region eu: one outage there takes them all']);
    for (const server of file.server) Reflect.deleteProperty(server, 'region');
    expect(warningsOf(file)).toEqual([]);
  });

  it('with one server are warned', () => {
    expect(warningsOf(withSite({ servers: ['a'] }))).toEqual([expect.stringContaining('nothing to fail over to')]);
  });

  it('with a delay over the cap are warned', () => {
    expect(warningsOf(withSite({ preempt_delay_s: 1200 }))).toEqual([
      'site "home": preempt_delay_s is 1200 and site.damping.max_s is 900: the delay stays, and flaps make it no longer',
    ]);
  });
});

describe('vantages', () => {
  it('none is a warning', () => {
    expect(warningsOf({ ...smallFleet(), vantage: [] })).toEqual([expect.stringContaining('nothing is probed from outside')]);
  });
  it('two in one region are a warning', () => {
    const vantage = [
      { id: 'x', region: 'weur' },
      { id: 'y', region: 'weur' },
    ];
    expect(warningsOf({ ...smallFleet(), vantage })).toEqual(['vantages x, y are all in weur: what blinds one blinds the others']);
  });
});
