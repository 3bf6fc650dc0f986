import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from '../../../router-agent/log.ts';
import { renderMetrics, writeMetrics } from '../../../router-agent/metrics.ts';
import type { Outcome } from '../../../router-agent/outcome.ts';
import { agentStatusSchema } from '../../../router-agent/status-schema.ts';
import { fakeClock } from './fake-clock.ts';

const STATUS = agentStatusSchema.parse({
  version: '1',
  site: 'home',
  instance: 'i',
  pid: 1,
  upMs: 90_000,
  edge: { url: 'https://edge.example', reached: true, heardAgoMs: 2500, message: 'nothing new', alone: false },
  epoch: 4,
  applied: 4,
  directive: null,
  manual: null,
  cuts: 2,
  carrying: 'b',
  why: '',
  paths: [
    { server: 'a', device: 'wg0', alive: false, latched: true, weight: 0, flows: null, rttMs: null, loss: 0.5, heardAgoMs: null },
    { server: 'b', device: 'wg1', alive: true, latched: false, weight: 100, flows: null, rttMs: 40, loss: 0, heardAgoMs: 15 },
  ],
  wans: [],
  mptcp: null,
  problems: [{ kind: 'tunnel', message: 'x' }],
});

test('metrics carry a help, a type and one line a sample, in base units', () => {
  const text = renderMetrics(STATUS, 45_000_000);
  for (const line of [
    '# TYPE farwatch_agent_cuts_total counter',
    'farwatch_agent_cuts_total 2',
    'farwatch_agent_info{site="home",version="1",instance="i"} 1',
    'farwatch_agent_edge_heard_seconds 2.5',
    'farwatch_agent_path_alive{server="a"} 0',
    'farwatch_agent_path_weight_ratio{server="b"} 1',
    'farwatch_agent_path_rtt_seconds{server="b"} 0.04',
    'farwatch_agent_problem{kind="tunnel"} 1',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toContain('rtt_seconds{server="a"}');
  expect(text.endsWith('\n')).toBe(true);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const sample of samples) expect(sample).toMatch(/^farwatch_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.]+$/);
});

test('the file is replaced whole, goes when the agent ends, and a full disk is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'farwatch-metrics-'));
  const clock = fakeClock();
  const outcomes: Outcome<null>[] = [];
  const path = join(folder, 'agent.prom');
  const stop = writeMetrics({ path, clock, describe: () => STATUS, written: (outcome) => outcomes.push(outcome) });
  expect(readFileSync(path, 'utf8')).toContain('farwatch_agent_epoch 4');
  expect(existsSync(`${path}.tmp`)).toBe(false);
  stop();
  expect(existsSync(path)).toBe(false);
  rmSync(folder, { recursive: true });
  writeMetrics({ path, clock, describe: () => STATUS, written: (outcome) => outcomes.push(outcome) })();
  expect(outcomes).toMatchObject([{ ok: true }, { ok: false, reason: expect.stringContaining('cannot write metrics_file') }]);
});

test.each([
  ['text', true, '<4>two | lines\n'],
  ['text', false, /^\d{4}-\d\d-\d\dT[^ ]+ warn {2}two \| lines\n$/],
  ['json', true, /^<4>\{"time":"[^"]+","level":"warn","message":"two\\nlines"\}\n$/],
  ['json', false, /^\{"time":"[^"]+","level":"warn","message":"two\\nlines"\}\n$/],
] as const)('a line of the log as %s, under journald: %s', (format, journald, expected) => {
  const lines: string[] = [];
  const log = createLog('warn', { format, journald, write: (line) => lines.push(line) });
  log.warn('two\nlines');
  log.info('too quiet');
  expect(lines).toHaveLength(1);
  if (typeof expected === 'string') expect(lines[0]).toBe(expected);
  else expect(lines[0]).toMatch(expected);
});
