import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../../worker/engine/replay-cli.ts');
const FLEET = {
  fleet: { name: 'replay test', plan: 'paid' },
  vantage: [{ id: 'weur', region: 'weur' }],
  server: [
    { id: 'a', name: 'A', address: 'a.example.net', region: 'weur', priority: 200, check: [{ kind: 'tls', port: 65500 }] },
    { id: 'b', name: 'B', address: 'b.example.net', region: 'enam', check: [{ kind: 'tls', port: 65500 }] },
  ],
  site: [{ id: 'home', name: 'Home', servers: ['a', 'b'] }],
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'farwatch-replay-'));
  writeFileSync(join(folder, 'fleet.json'), JSON.stringify(FLEET));
});
afterAll(() => rmSync(folder, { recursive: true }));

function replay(trace: string, args = ['--fleet', join(folder, 'fleet.json')]): { status: number | null; out: unknown[]; err: string } {
  const file = join(folder, 'trace.jsonl');
  writeFileSync(file, trace);
  const done = spawnSync(process.execPath, [CLI, ...args, file], { encoding: 'utf8' });
  const out = done.stdout.split('\n').filter((line) => line !== '');
  return { status: done.status, out: out.map((line): unknown => JSON.parse(line)), err: done.stderr.replaceAll(folder, '') };
}

const probe = (t: number, server: string, ok: boolean): string =>
  JSON.stringify({ t, type: 'probe', vantage: 'weur', server, check: 0, ok, ms: 20 });
const path = (t: number, server: string, alive: boolean): string => JSON.stringify({ t, type: 'path', site: 'home', server, alive });

test('decisions come out as JSON Lines, in the order of time, with every weight named', () => {
  const lines = [
    probe(0, 'a', true),
    probe(0, 'b', true),
    path(0, 'a', true),
    path(0, 'b', true),
    path(1000, 'a', false),
    path(1000, 'b', true),
  ];
  const { status, out, err } = replay(`${lines.join('\n')}\n\n{"t":5000,"type":"end"}\n`);
  expect(err).toBe('');
  expect(status).toBe(0);
  expect(out).toMatchObject([
    { t: 0, type: 'health', server: 'a', from: 'unknown', to: 'up' },
    { t: 0, type: 'health', server: 'b', from: 'unknown', to: 'up' },
    { t: 0, type: 'directive', site: 'home', epoch: 1, active: 'a', weights: { a: 100, b: 0 }, blame: 'none' },
    { t: 1000, type: 'directive', site: 'home', epoch: 2, mode: 'cut', active: 'b', weights: { a: 0, b: 100 }, blame: 'path-down' },
  ]);
  expect(Object.keys(out[2] as object)).toEqual(['t', 'type', 'site', 'epoch', 'mode', 'active', 'weights', 'blame', 'why']);
});

describe('a malformed line is named with its number, without a stack trace', () => {
  test.each([
    ['{"t":0', /not JSON/],
    ['[]', /object/],
    ['{"t":0,"type":"nonsense"}', /type/],
    ['{"t":-1,"type":"end"}', /^replay: \/trace\.jsonl:2: t: /],
    ['{"t":0.5,"type":"end"}', /t: /],
    ['{"t":0,"type":"probe","vantage":"weur","server":"a","check":0,"ok":"yes"}', /ok: /],
    ['{"t":0,"type":"probe","vantage":"weur","server":"a","check":7,"ok":true}', /server "a" has no check 7/],
    ['{"t":0,"type":"probe","vantage":"mars","server":"a","check":0,"ok":true}', /vantage: "mars"/],
    ['{"t":0,"type":"path","site":"home","server":"__proto__","alive":true}', /server: "__proto__"/],
    ['{"t":0,"type":"poll","site":"office","applied":0}', /site: "office"/],
    ['{"t":0,"type":"witness","vantage":"weur","ok":true,"extra":1}', /extra/],
  ])('%s', (line, message) => {
    const { status, err } = replay(`${probe(0, 'a', true)}\n${line}\n`);
    expect(status).toBe(2);
    expect(err).toMatch(/^replay: \/trace\.jsonl:2: /);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('time that goes back', () => {
    expect(replay(`${probe(9, 'a', true)}\n${probe(8, 'a', true)}\n`)).toMatchObject({
      status: 2,
      err: 'replay: /trace.jsonl:2: t: goes back from 9 to 8\n',
    });
  });
});

test.each([[[]], [['--fleet', '/nowhere.json']], [['--what']]])('wrong arguments %j: exit 2', (args) => {
  const { status, err } = replay('', args);
  expect(status).toBe(2);
  expect(err).not.toBe('');
  expect(err).not.toMatch(/\n\s+at /);
});
