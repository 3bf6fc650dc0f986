import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFleet } from '../../../worker/fleet-file/read.ts';
import { errorsOf, fleetOf, read, smallFleet } from './fleets.ts';

const PUBLIC = { allowPrivate: false };

describe('a right file', () => {
  it('is the commented example, without a warning', () => {
    const result = readFleet(readFileSync('docs/examples/fleet.toml', 'utf8'), 'toml', PUBLIC);
    expect(result).toMatchObject({ ok: true, warnings: [] });
  });

  it('says only what is needed: the example with its defaults left out is the same', () => {
    const fleet = fleetOf(smallFleet());
    expect(fleet.fleet.plan).toBe('free');
    expect(fleet.probing).toEqual({ interval_s: 10, fast_interval_ms: 1000, timeout_ms: 2000, fall: 3, rise: 3 });
    expect(fleet.vantage[0]).toEqual({ id: 'weur', region: 'weur', witnesses: [] });
    expect(fleet.server[1]).toMatchObject({ name: 'b', priority: 100, weight: 100, check: [{ critical: true }] });
    expect(fleet.site[0]).toEqual({
      id: 'home',
      name: 'home',
      servers: ['a', 'b'],
      policy: 'priority',
      preempt: true,
      preempt_delay_s: 60,
      failback_stages: [10, 50, 100],
      stage_soak_s: 60,
      drain_timeout_s: 1800,
      trust_outside: false,
      lease_s: 180,
      damping: { half_life_s: 300, max_s: 900 },
    });
  });

  it('may be a name only', () => {
    expect(read({ fleet: { name: 'empty' } })).toMatchObject({
      ok: true,
      fleet: { server: [], site: [], vantage: [], notify: [] },
      warnings: [],
    });
  });

  it('gives each notification all events when it names none', () => {
    const fleet = fleetOf({ ...smallFleet(), notify: [{ url: 'json://127.0.0.1:9/hook' }] });
    expect(fleet.notify[0]?.events).toHaveLength(8);
  });

  it('reads the same from TOML and JSON', () => {
    const toml = '[fleet]\nname = "x"\n[[server]]\nid = "a"\naddress = "a.example.net"\npreset = "omr"\n';
    const json = { fleet: { name: 'x' }, server: [{ id: 'a', address: 'a.example.net', preset: 'omr' }] };
    expect(readFleet(toml, 'toml', PUBLIC)).toEqual(read(json));
  });
});

describe('a file with errors', () => {
  it('gives five different errors at once, of the shape and between keys', () => {
    const text = `
[fleet]
name = "five"
[probing]
interval = 10
[[server]]
id = "a"
address = "a.example.net"
priority = 300
preset = "omr"
[[server]]
id = "a"
address = "b.example.net"
[[site]]
id = "home"
servers = ["a", "zurich"]
`;
    const result = readFleet(text, 'toml', PUBLIC);
    expect(result).toEqual({
      ok: false,
      errors: [
        {
          path: '/probing/interval',
          message: 'key "interval" is unknown in probing: did you mean "interval_s"?',
        },
        { path: '/server/0/priority', message: 'priority is 300, but must be a whole number from 1 to 254' },
        { path: '/server/1/check', message: 'check is missing: add a [[server.check]], or preset = "omr"' },
        { path: '/server/1/id', message: 'id is "a", but server[0] has it already: ids of a kind are unique' },
        { path: '/site/0/servers/1', message: 'server "zurich" is not in this file: known: a' },
      ],
    });
  });

  it('keeps the places of rows when one of them is no table at all', () => {
    const file = smallFleet();
    const errors = errorsOf({ ...file, server: ['nonsense', ...file.server], site: [{ id: 'home', servers: ['a', 7, 'b', 'c'] }] });
    expect(errors['/site/0/servers/1']).toBe('servers[1] is 7, but must be the id of a server');
    expect(errors).not.toHaveProperty(['/site/0/servers/2']);
    expect(errors['/server/0']).toBe('server[0] is "nonsense", but must be a table');
    expect(errors['/site/0/servers/3']).toBe('server "c" is not in this file: known: a, b');
  });

  const cases: [string, (file: ReturnType<typeof smallFleet>) => void, string, RegExp][] = [
    ['a missing table', (f) => Reflect.deleteProperty(f, 'fleet'), '/fleet', /^fleet is missing: it must be a table with a name/],
    [
      'a missing key',
      (f) => Reflect.deleteProperty(f.fleet, 'name'),
      '/fleet/name',
      /^name is missing: it must be a text of 1–64 characters/,
    ],
    ['a wrong plan', (f) => Object.assign(f.fleet, { plan: 'gold' }), '/fleet/plan', /plan is "gold", but must be one of "free", "paid"/],
    [
      'an unknown key with a likely meaning',
      (f) => Object.assign(f.site[0] ?? {}, { premept: true }),
      '/site/0/premept',
      /did you mean "preempt"\?/,
    ],
    [
      'a wrong type',
      (f) => Object.assign(f.probing, { fall: '3' }),
      '/probing/fall',
      /fall is "3", but must be a whole number from 1 to 20/,
    ],
    ['a fraction', (f) => Object.assign(f.probing, { rise: 1.5 }), '/probing/rise', /rise is 1.5, but must be a whole number/],
    [
      'priority 0',
      (f) => Object.assign(f.server[0] ?? {}, { priority: 0 }),
      '/server/0/priority',
      /priority is 0, but must be a whole number from 1 to 254/,
    ],
    ['priority 255', (f) => Object.assign(f.server[0] ?? {}, { priority: 255 }), '/server/0/priority', /255/],
    ['an id with capitals', (f) => Object.assign(f.server[0] ?? {}, { id: 'A' }), '/server/0/id', /id is "A", but must be an id/],
    [
      'a region that is not one',
      (f) => Object.assign(f.vantage[0] ?? {}, { region: 'mars' }),
      '/vantage/0/region',
      /region is "mars", but must be one of "wnam"/,
    ],
    [
      'a table instead of an array of tables',
      (f) => Object.assign(f, { site: {} }),
      '/site',
      /site is a table, but must be an array of at most 10000 tables, each written \[\[site\]\]/,
    ],
    [
      'a bad event',
      (f) => Object.assign(f, { notify: [{ url: 'ntfy://x/y', events: ['bang'] }] }),
      '/notify/0/events/0',
      /events\[0\] is "bang"/,
    ],
    [
      'a bad time zone',
      (f) => Object.assign(f.site[0] ?? {}, { drill: { cron: '0 4 * * *', timezone: 'Mars/One' } }),
      '/site/0/drill/timezone',
      /IANA/,
    ],
    ['a bad cron', (f) => Object.assign(f.site[0] ?? {}, { drill: { cron: 'daily' } }), '/site/0/drill/cron', /five cron fields/],
    ['a drill without cron', (f) => Object.assign(f.site[0] ?? {}, { drill: {} }), '/site/0/drill/cron', /cron is missing/],
    [
      'a status that is none',
      (f) => Object.assign(f.server[0] ?? {}, { check: [{ kind: 'http', url: 'https://a.example.net/', expect_status: [200, 9] }] }),
      '/server/0/check/0/expect_status/1',
      /100 to 599/,
    ],
    [
      'a witness with a password',
      (f) => Object.assign(f.vantage[0] ?? {}, { witnesses: ['https://u:p@example.com/'] }),
      '/vantage/0/witnesses/0',
      /no user name or password/,
    ],
  ];
  it.each(cases)('%s', (_name, change, path, message) => {
    const file = smallFleet();
    change(file);
    expect(errorsOf(file)[path]).toMatch(message);
  });

  it('does not repeat a notification URL, which may hold a secret', () => {
    const errors = errorsOf({ ...smallFleet(), notify: [{ url: 'https://hooks.example.net/s3cr3t' }] });
    expect(errors['/notify/0/url']).toMatch(/^url must be a URL of one of the channels ntfy:/);
    expect(JSON.stringify(errors)).not.toContain('s3cr3t');
  });

  it('lists a hundred errors and counts the rest', () => {
    const server = Array.from({ length: 60 }, (_, index) => ({ id: `s${index}`, x: 1, y: 2 }));
    const result = read({ fleet: { name: 'x' }, server });
    if (result.ok) throw new Error('right?');
    expect(result.errors).toHaveLength(101);
    expect(result.errors.at(-1)?.message).toBe('and 140 more errors');
  });
});

describe('a text that is no file', () => {
  it.each([
    ['toml', '[fleet]\nname = \n', /^line 2, column 8: this is not TOML: /],
    ['toml', '[[[', /^line 1, /],
    ['toml', 'a = 1\na = 2', /^line 2, /],
    ['json', '{"fleet":\n{"name": x}}', /^line 2: this is not JSON: /],
    ['json', '{\n"fleet": {\n', /^line 3: this is not JSON: /],
    ['json', '', /^line 1: this is not JSON: /],
  ] as const)('%s %j names the line', (format, text, message) => {
    const result = readFleet(text, format, PUBLIC);
    expect(result).toMatchObject({ ok: false, errors: [{ path: '' }] });
    if (!result.ok) expect(result.errors[0]?.message).toMatch(message);
  });

  it.each(['null', '[]', '5', '"x"', '[[[]]]', '{"server":null}', '{"fleet":{"name":"x"},"server":[null,[],5]}'])(
    '%s is an error, not an exception',
    (text) => {
      expect(readFleet(text, 'json', PUBLIC).ok).toBe(false);
    },
  );

  it('is not led into deep recursion', () => {
    const depth = 10_000;
    expect(readFleet(`{"site":${'[{"x":'.repeat(depth)}1${'}]'.repeat(depth)}}`, 'json', PUBLIC).ok).toBe(false);
  });
});

describe('keys of Object.prototype', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is an unknown key and changes nothing', (key) => {
    const text = `{"fleet":{"name":"x"},"${key}":{"polluted":1},"server":[{"id":"a","address":"a.example.net","preset":"omr","${key}":{"polluted":1}}]}`;
    const result = readFleet(text, 'json', PUBLIC);
    if (result.ok) throw new Error('accepted');
    expect(new Set(result.errors.map(({ path }) => path))).toEqual(new Set([`/${key}`, `/server/0/${key}`]));
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(readFleet(`[fleet]\nname = "x"\n[${key}]\npolluted = 1\n`, 'toml', PUBLIC).ok).toBe(false);
  });

  it('are no ids, where they have the form of one: records are kept by id', () => {
    const file = smallFleet();
    Object.assign(file.server[0] ?? {}, { id: 'constructor' });
    const result = read({ ...file, site: [{ id: 'valueof', servers: ['b'] }] });
    expect(result.ok ? [] : result.errors.map(({ path }) => path)).toEqual(['/server/0/id']);
  });
});
