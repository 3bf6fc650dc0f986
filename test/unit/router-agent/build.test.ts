import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../router-agent/config.ts';
import { VERSION } from '../../../router-agent/version.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const BUILT = join(ROOT, 'dist/farwatch-agent.mjs');
/** The machine's own Node, which may be the oldest that is promised; else the one that runs this. */
const NODE = existsSync('/usr/bin/node') ? '/usr/bin/node' : process.execPath;

/** Every kind of key and every kind of mistake, so that each method of a schema is needed once. */
const BAD = `edge = "ftp://x"
site = "Not An Id"
log_format = "xml"
lan = ["a name that is too long"]
kill_switch = 1
unknown = true
[heartbeat]
interval_ms = 1.5
[dns]
follow = true
resolvers = ["nine"]
[[class]]
from = ["10.0.0.1/8"]
ports = ["90-80", 0]
via = "z"
[[wan]]
device = "eth1"
mptcp = "maybe"
[[tunnel]]
server = "a"
driver = "pigeon"
heartbeat = "x"
mark = 200
`;

describe('the built agent', () => {
  let folder = '';
  const run = (...argv: string[]) => spawnSync(NODE, [BUILT, ...argv], { cwd: folder, encoding: 'utf8' });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'farwatch-built-'));
    execFileSync(process.execPath, [join(ROOT, 'router-agent/build.ts')], { stdio: 'pipe' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is one small file that runs on its own', () => {
    expect(statSync(BUILT).size).toBeLessThanOrEqual(200 * 1024);
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${VERSION}\n` });
    expect(run('--help').stdout).toContain('teardown');
  });

  test('says the same of a bad file as the sources do', () => {
    writeFileSync(join(folder, 'agent.toml'), BAD);
    const path = join(folder, 'agent.toml');
    const expected = parseConfig(BAD, path);
    if (expected.ok) throw new Error('the bad file passed');
    const { status, stderr } = run('check', '--config', path);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual(expected.problems.map((problem) => `farwatch-agent: ${problem}`));
    expect(expected.problems.length).toBeGreaterThan(12);
  });

  test('reads a good one, and plans', () => {
    const good = `edge = "https://edge.example"\nsite = "home"\ntoken_file = "t"\nstate_dir = "state"\n[[tunnel]]\nserver = "a"\ndriver = "simulated"\nheartbeat = "127.0.0.1:9"\n`;
    writeFileSync(join(folder, 'agent.toml'), good);
    expect(run('plan', '--config', 'agent.toml')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('nothing to do'),
    });
    expect(run('status', '--config', 'agent.toml')).toMatchObject({ status: 1, stderr: expect.stringContaining('no agent runs here') });
  });
});
