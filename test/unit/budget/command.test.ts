import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { smallFleet } from '../fleet-file/fleets.ts';

/** Each command is a process of its own. */
vi.setConfig({ testTimeout: 60_000 });

const ROOT = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'farwatch-budget-'));
afterAll(() => rmSync(folder, { recursive: true }));

function budget(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['worker/local/budget.ts', ...args], { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function write(name: string, file: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file));
  return path;
}

/** Every second, from one vantage. */
function often() {
  return { ...smallFleet(), probing: { interval_s: 0.5, timeout_ms: 400, fast_interval_ms: 400 } };
}

test('the example fits, and the answer is a table', () => {
  const { status, stdout, stderr } = budget('--fleet', 'docs/examples/fleet.toml');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('It fits the free plan.');
});

test('exit 1 for a fleet that does not fit, with the same as JSON', () => {
  const { status, stdout } = budget('--fleet', write('often.json', often()), '--json');
  expect(status).toBe(1);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ plan: 'free', fits: false, limits: { doRequests: 100_000 }, typical: { doRequests: expect.any(Number) } });
  expect(report.exceeded[0]).toMatchObject({ scenario: 'typical', quota: 'doRequests', limit: 100_000, over: expect.any(Number) });
  expect(report.changes[0]).toMatch(/^interval_s = \d+ \(now 0.5\)$/);
});

test('another plan than the file says', () => {
  const { status, stdout } = budget('--fleet', write('often.json', often()), '--plan', 'paid');
  expect(status).toBe(0);
  expect(stdout).toMatch(/Beyond the plan's \$5 a month: \$\d+\.\d\d with typical days/);
});

test('readers of the page count', () => {
  const { status, stdout } = budget('--fleet', 'docs/examples/fleet.toml', '--page-hours', '48');
  expect(status).toBe(1);
  expect(stdout).toContain('Durable Object requests');
});

test('a fleet file with errors is exit 2 with every error, and no stack trace', () => {
  const { status, stdout, stderr } = budget('--fleet', write('wrong.toml', '[fleet]\nplan = "gold"\n[probing]\nfall = 0\n'));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/^budget: .*wrong\.toml: \/(fleet\/name|fleet\/plan|probing\/fall): /);
});

for (const [what, args, message] of [
  ['no fleet', [], /--fleet is missing/],
  ['a file that is not there', ['--fleet', '/no/such/file.toml'], /^budget: \/no\/such\/file\.toml: ENOENT/],
  ['an unknown option', ['--fleet', 'docs/examples/fleet.toml', '--fast'], /Unknown option '--fast'/],
  ['a wrong plan', ['--fleet', 'docs/examples/fleet.toml', '--plan', 'gold'], /--plan is "gold", but must be free or paid/],
  ['wrong hours', ['--fleet', 'docs/examples/fleet.toml', '--page-hours', 'many'], /--page-hours is "many"/],
  ['a stray word', ['docs/examples/fleet.toml'], /Unexpected argument/],
] as const) {
  test(`exit 2: ${what}`, () => {
    const { status, stdout, stderr } = budget(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
}

test('--help', () => {
  expect(budget('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('usage: npm run -s budget') });
});
