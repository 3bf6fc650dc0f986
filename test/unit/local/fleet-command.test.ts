import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Edge, startEdge } from '../../../worker/local/edge.ts';
import { runFleet } from '../../../worker/local/fleet/run.ts';
import { terminalFor } from '../../../worker/local/terminal.ts';

/* `npm run fleet` against a real edge. */

const MAIN = join(import.meta.dirname, '../../../worker/local/fleet/main.ts');
const TOKEN = 'a-token-for-the-fleet-command';
let directory = '';
let edge: Edge;
let file = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'farwatch-fleet-'));
  writeFileSync(join(directory, 'token'), TOKEN);
  edge = await startEdge({ host: '127.0.0.1', port: 0, persistDir: join(directory, 'edge'), adminToken: TOKEN });
}, 60_000);

afterAll(async () => {
  await edge?.stop();
  rmSync(directory, { recursive: true, force: true });
});

let files = 0;
beforeEach(() => {
  file = join(directory, `fleet-${++files}.toml`);
});

function toml(priority: number, comment = ''): string {
  return `${comment}[fleet]
name = "As code"
[[server]]
id = "a"
address = "127.0.0.1"
priority = ${priority}
  [[server.check]]
  kind = "tcp"
  port = 443
[[site]]
id = "home"
servers = ["a"]
`;
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return call([...args, '--edge', edge.url, '--token-file', join(directory, 'token')]);
}

async function call(argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const say = (to: 'out' | 'err') => (line: string) => {
    said[to] += `${line}\n`;
  };
  const code = await runFleet(argv, { ...terminalFor({}, {}), out: say('out'), err: say('err') });
  return { code, ...said };
}

/** Pushes a fleet of this priority, whatever was there. */
async function given(priority: number): Promise<void> {
  writeFileSync(file, toml(priority));
  expect((await run('push', file, '--force')).code).toBe(0);
}

describe('push and diff', () => {
  test('say in lines what changes, and by their exit code whether anything does', async () => {
    await given(100);
    expect(await run('diff', file)).toMatchObject({ code: 0, out: '' });
    writeFileSync(file, `${toml(200)}[[notify]]\nurl = "ntfy://ntfy.example/x"\n`);
    const diff = await run('diff', file);
    expect(diff.code).toBe(1);
    expect(diff.out).toContain('~ /server/a/priority: 100 → 200\n');
    expect(diff.out).toMatch(/^\+ \/notify/m);
    expect(diff.out).not.toContain('\u001b');
    const push = await run('push', file, '--note', 'because');
    expect(push).toMatchObject({ code: 0 });
    expect(push.out).toMatch(/is version \d+ now \(2 changes\)/);
    expect((await run('push', file)).out).toContain('is what the edge has already');
    expect((await run('versions')).out.split('\n')[0]).toMatch(/^ *\d+ {2}\d{4}-.*Z {2}because$/);
  });

  test('refuse when the edge has changed since the pull, and not with --force', async () => {
    await given(100);
    const other = join(directory, 'other.toml');
    expect((await run('pull', other)).code).toBe(0);
    writeFileSync(other, toml(150));
    expect((await run('push', other)).code).toBe(0);
    writeFileSync(file, toml(250));
    const refused = await run('push', file);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/was not pushed: the edge has changed since/);
    expect((await run('diff', other)).code).toBe(0);
    expect((await run('push', file, '--force')).code).toBe(0);
    expect((await run('diff', other)).out).toContain('/server/a/priority');
  });
});

describe('pull', () => {
  test('writes what can be pushed again, keeps the comments of a file that says the same, and no edit is lost', async () => {
    await given(120);
    const mine = join(directory, 'mine.toml');
    expect((await run('pull', mine)).code).toBe(0);
    expect(await run('diff', mine)).toMatchObject({ code: 0 });
    writeFileSync(mine, toml(120, '# mine\n'));
    expect((await run('pull', mine)).code).toBe(0);
    expect(readFileSync(mine, 'utf8')).toContain('# mine');
    writeFileSync(mine, toml(130, '# mine\n'));
    expect((await run('pull', mine)).code).toBe(1);
    expect(readFileSync(mine, 'utf8')).toContain('# mine');
    expect((await run('pull', mine, '--force')).code).toBe(0);
    expect(readFileSync(mine, 'utf8')).toContain('priority = 120');
    expect((await run('pull')).out).toContain('priority = 120');
  });

  test('has JSON too', async () => {
    await given(140);
    const json = join(directory, 'fleet.json');
    expect((await run('pull', json)).code).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ server: [{ priority: 140 }] });
  });
});

test('rollback brings an earlier version back as a new one', async () => {
  await given(111);
  const [latest = ''] = (await run('versions')).out.trim().split(/\s+/);
  await given(222);
  expect((await run('rollback', latest)).out).toContain('~ /server/a/priority: 222 → 111');
  expect(await run('rollback', '99999')).toMatchObject({ code: 2, err: expect.stringContaining('there is no version 99999') });
});

describe('what is wrong', () => {
  test('with a file is told whole, each error with its path, and the edge says the same', async () => {
    writeFileSync(file, toml(999).replace('servers = ["a"]', 'servers = ["b"]').replace('id = "home"', 'id = "Home!"'));
    const local = await run('validate', file);
    expect(local.code).toBe(1);
    for (const path of ['/server/0/priority', '/site/0/id', '/site/0/servers/0']) expect(local.err).toContain(`  ${path}: `);
    const pushed = await run('push', file, '--force');
    expect(pushed.code).toBe(2);
    expect(pushed.err).toBe(local.err);
    expect(existsSync(`${file}.pulled`)).toBe(false);
    writeFileSync(file, 'not toml');
    expect((await run('diff', file)).err).toMatch(/\(file\): line 1, column \d+: this is not TOML/);
  });

  test('with the command, the token or the edge is one sentence and exit code 2', async () => {
    expect(await run('launch')).toMatchObject({ code: 2, err: expect.stringContaining('there is no command launch') });
    expect(await run('push')).toMatchObject({ code: 2, err: expect.stringContaining('push needs a FILE') });
    expect(await run('diff', 'nowhere.toml')).toMatchObject({ code: 2, err: 'fleet: there is no file nowhere.toml\n' });
    writeFileSync(join(directory, 'wrong'), 'some-other-token-of-somebody');
    const stranger = await call(['versions', '--edge', edge.url, '--token-file', join(directory, 'wrong')]);
    expect(stranger).toEqual({ code: 2, out: '', err: 'fleet: the edge does not know this token: see --token-file\n' });
    const nobody = await call(['versions', '--edge', 'http://127.0.0.1:1', '--token-file', join(directory, 'token')]);
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining('http://127.0.0.1:1 cannot be reached: ') });
    expect((await run('--help')).out).toMatch(/^Usage: npm run -s fleet/);
  });
});

test('as a process it prints plainly where there is no terminal, and ends with the exit code', { timeout: 60_000 }, async () => {
  const code = await new Promise<{ code: unknown; err: string }>((resolve) =>
    execFile(process.execPath, [MAIN, 'validate', 'nowhere.toml'], (error, _, err) => resolve({ code: error?.code, err })),
  );
  expect(code).toEqual({ code: 2, err: 'fleet: there is no file nowhere.toml\n' });
});
