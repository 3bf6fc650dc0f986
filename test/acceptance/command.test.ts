import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fleet } from './fleet.ts';
import { replayText } from './judge.ts';
import { linesOf, textOf } from './trace.ts';
import { TRACES } from './traces/index.ts';

/*
 * `replay` as a command: what it reads, what it prints, how it ends. What a line may be is tested without processes (test/unit/replay/trace.test.ts);
 * here are the kinds of failures.
 */

/** A process of its own needs half a second, and more on a busy machine. */
vi.setConfig({ testTimeout: 30_000 });

const CLI = join(import.meta.dirname, '../../worker/engine/replay-cli.ts');
const FLEET = fleet();
const GOOD = '{"t":0,"type":"witness","vantage":"weur","ok":true}\n';
const PROBE = '{"t":5,"type":"probe","vantage":"weur","server":"a","check":0,"ok":true,"ms":20}';

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'farwatch-replay-command-'));
  writeFileSync(at('fleet.json'), JSON.stringify(FLEET));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Done {
  status: number | null;
  out: string;
  /** Without the folder of this test. */
  err: string;
}

function replay(args: readonly string[], input?: string | Buffer): Done {
  const done = spawnSync(process.execPath, [CLI, ...args], { input: input ?? '', encoding: 'utf8' });
  return { status: done.status, out: done.stdout, err: done.stderr.replaceAll(`${folder}/`, '') };
}

/** Replays this text from a file. */
function replayFile(trace: string | Buffer): Done {
  writeFileSync(at('trace.jsonl'), trace);
  return replay(['--fleet', at('fleet.json'), at('trace.jsonl')]);
}

describe('malformed lines: exit 2, the file, the line and what is wrong, no stack trace', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['no JSON', '{bad', /not JSON/],
    ['an unknown server', PROBE.replace('"a"', '"constructor"'), /server: "constructor" is not in the fleet file/],
    ['no UTF-8', Buffer.concat([Buffer.from(PROBE.slice(0, -1)), Buffer.from([0xff, 0xfe])]), /not UTF-8/],
    ['a line without end', `{"t":5,"type":"${'x'.repeat(100_000)}"}`, /longer than 65536 bytes/],
  ])('%s', (_, line, what) => {
    const { status, err, out } = replayFile(Buffer.concat([Buffer.from(GOOD), Buffer.from(line), Buffer.from('\n')]));
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/^replay: trace\.jsonl:2: /);
    expect(err).toMatch(what);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  test('what was decided before it is printed', () => {
    const { status, out, err } = replayFile(`${PROBE}\n\n{"t":6,"type":"end"}\n{"t":5,"type":"end"}\n`);
    expect(status).toBe(2);
    expect(out).toMatch(/^\{"t":5,"type":"health","server":"a","from":"unknown","to":"up",/);
    expect(err).toBe('replay: trace.jsonl:4: t: goes back from 6 to 5\n');
  });
});

describe('what it reads', () => {
  const story = TRACES.find(({ name }) => name === 'clean-failure');
  const trace = textOf(story === undefined ? [] : linesOf(story));
  const wanted = replayText(JSON.stringify(FLEET), trace);

  test('standard input, with a byte order mark, CRLF, blank lines and no end of the last line', () => {
    const unusual = `\ufeff${trace.replaceAll('\n', '\r\n')}\n \t\n`.trimEnd();
    expect(replay(['--fleet', at('fleet.json'), '-'], unusual)).toEqual({ status: 0, out: wanted, err: '' });
  });

  test('an empty trace: nothing is decided', () => {
    expect(replayFile('')).toEqual({ status: 0, out: '', err: '' });
  });

  test.each([
    ['a trace that is not there', ['--fleet', 'fleet.json', 'nowhere.jsonl'], /^replay: nowhere\.jsonl: ENOENT/],
    ['a fleet that is not there', ['--fleet', 'nowhere.json', '-'], /^replay: nowhere\.json: ENOENT/],
    ['two traces', ['--fleet', 'fleet.json', '-', '-'], /^usage:/],
    ['an unknown option', ['--what'], /^replay: .*--what/],
  ])('%s: exit 2', (_, args, message) => {
    const { status, err } = replay(args.map((arg) => (arg.includes('.json') ? at(arg) : arg)));
    expect(status).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('every error of a fleet file at once', () => {
    const [server] = FLEET.server;
    const wrong = { ...FLEET, bogus: 1, server: [{ ...server, priority: 900 }], site: [{ id: 'home', servers: ['a', 'zz'] }] };
    writeFileSync(at('wrong.json'), JSON.stringify(wrong));
    const { status, err } = replay(['--fleet', at('wrong.json'), '-']);
    expect(status).toBe(2);
    expect(err.split('\n').filter((line) => line.startsWith('replay: wrong.json: /'))).toHaveLength(3);
    expect(err).toMatch(/\/bogus: .*\n.*\/server\/0\/priority: .*\n.*\/site\/0\/servers\/1: /);
  });

  test('a fleet file that is no JSON: the line', () => {
    writeFileSync(at('broken.json'), '{"fleet":');
    expect(replay(['--fleet', at('broken.json'), '-'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^replay: broken\.json: line 1: /),
    });
  });
});

test('a reader that leaves ends it, without a word', async () => {
  const story = TRACES.find(({ name }) => name === 'flapper');
  writeFileSync(at('long.jsonl'), textOf(story === undefined ? [] : linesOf(story)));
  const child = spawn(process.execPath, [CLI, '--fleet', at('fleet.json'), at('long.jsonl')], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [status] = await once(child, 'close');
  expect({ status, err }).toEqual({ status: 0, err: '' });
});
