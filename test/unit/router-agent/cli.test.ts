import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readArguments } from '../../../router-agent/arguments.ts';
import { renderStatus } from '../../../router-agent/commands/status.ts';
import { type AgentStatus, agentStatusSchema } from '../../../router-agent/status-schema.ts';
import { VERSION } from '../../../router-agent/version.ts';
import type { Report } from '../../../worker/protocol/report.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'router-agent/main.ts');

describe('the command line', () => {
  test.each([
    [['run', '--config', 'x.toml'], { kind: 'command', name: 'run', config: 'x.toml' }],
    [['--config', 'x.toml', 'status', '--json'], { kind: 'command', name: 'status', json: true }],
    [['switch', 'b'], { kind: 'command', name: 'switch', server: 'b', config: '/etc/farwatch/agent.toml' }],
    [['--help'], { kind: 'help' }],
    [['teardown', '--help'], { kind: 'help' }],
    [['--version'], { kind: 'version' }],
  ])('%j', (argv, value) => expect(readArguments(argv)).toMatchObject({ ok: true, value }));

  test.each([[[]], [['fly']], [['switch']], [['run', 'fast']], [['run', '--json']], [['run', '--nonsense']], [['--config']]])(
    '%j is wrong usage',
    (argv) => expect(readArguments(argv).ok).toBe(false),
  );

  test('the version is the package’s', () => expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version).toBe(VERSION));
});

test('status for people has no colours off a terminal, and says what matters', () => {
  const status: AgentStatus = {
    version: VERSION,
    site: 'home',
    instance: 'i',
    pid: 1,
    upMs: 1000,
    edge: { url: 'https://edge.example', reached: false, heardAgoMs: 200_000, message: 'edge not reached', alone: true },
    epoch: 4,
    applied: 4,
    directive: null,
    manual: null,
    cuts: 1,
    lastCut: { from: 'a', to: 'b', at: Date.now() - 5000, silenceMs: 212.4, applyMs: 3 },
    why: 'a was cut here',
    carrying: 'b',
    paths: [{ server: 'a', device: 'wg0', alive: false, latched: true, weight: 0, flows: 12, rttMs: null, loss: 0, heardAgoMs: 4200 }],
    mptcp: {
      connections: 1,
      retransmissions: 7,
      stale: 1,
      recovered: 0,
      endpoints: [{ device: 'wan1', address: '10.1.0.2', backup: true, alive: false }],
      subflows: [{ device: 'wan2', peer: '203.0.113.1:443', backup: true, rttMs: 41.5, retransmissions: 9 }],
    },
    wans: [],
    problems: [{ kind: 'tunnel', message: 'a: no device' }],
  };
  const text = renderStatus(status, false);
  expect(text).not.toContain('\u001b');
  for (const words of [
    'carrying b',
    'alone',
    'dead, latched',
    '4.2 s ago',
    '  12  ',
    'wan2  203.0.113.1:443  backup  41.5 ms  9',
    'why  a was cut here',
    'a → b 5 s ago',
    'wan1 10.1.0.2 (backup) (dead) · 1 connection(s), 7',
    '! tunnel: a: no device',
  ])
    expect(text).toContain(words);
  expect(renderStatus(status, true)).toContain('\u001b[31m');
});

/** A stand-in edge that holds polls once its directive is applied; and an echo for each server, as the demo's stand-in VPSs have. */
describe('an agent with simulated tunnels', () => {
  let folder = '';
  let servers: Server[] = [];
  let echoes: Socket[] = [];
  let agents: ChildProcess[] = [];
  let reports: Report[] = [];
  let directive: unknown;

  async function echo(): Promise<number> {
    const socket = createSocket('udp4');
    echoes.push(socket);
    socket.on('message', (message, from) => socket.send(message, from.port, from.address));
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    return socket.address().port;
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'farwatch-cli-'));
    servers = [];
    echoes = [];
    agents = [];
    reports = [];
    const edge = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const report: Report = JSON.parse(text);
        reports.push(report);
        const epoch = typeof directive === 'object' && directive !== null ? Reflect.get(directive, 'epoch') : 0;
        if (report.applied !== epoch) response.writeHead(200).end(JSON.stringify(directive));
      });
    });
    servers.push(edge);
    await new Promise<void>((done) => edge.listen(0, '127.0.0.1', done));
    const address = edge.address();
    const edgePort = typeof address === 'object' && address !== null ? address.port : 0;
    const [a, b] = [await echo(), await echo()];
    directive = { epoch: 7, basis: 0, leaseMs: 180_000, mode: 'cut', active: 'a', weights: { a: 100, b: 0 }, why: 'test' };
    writeFileSync(join(folder, 'token'), 'fws_home_secret', { mode: 0o600 });
    const tunnel = (server: string, port: number) =>
      `[[tunnel]]\nserver = "${server}"\ndriver = "simulated"\nheartbeat = "127.0.0.1:${port}"\n`;
    writeFileSync(
      join(folder, 'agent.toml'),
      `edge = "http://127.0.0.1:${edgePort}"\nsite = "home"\ntoken_file = "token"\nstate_dir = "state"\n${tunnel('a', a)}${tunnel('b', b)}`,
    );
  });

  afterEach(async () => {
    for (const agent of agents) {
      if (agent.exitCode !== null || agent.signalCode !== null) continue;
      agent.kill('SIGKILL');
      await once(agent, 'exit');
    }
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const socket of echoes) socket.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function agent(...argv: string[]): ChildProcess {
    const child = spawn(process.execPath, [MAIN, ...argv, '--config', join(folder, 'agent.toml')], { stdio: ['ignore', 'pipe', 'pipe'] });
    agents.push(child);
    return child;
  }

  async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
    const text = { out: '', err: '' };
    child.stdout?.on('data', (chunk) => {
      text.out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      text.err += chunk;
    });
    await once(child, 'close');
    return { code: child.exitCode, ...text };
  }

  const applied = (epoch: number) =>
    vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ applied: epoch }), { timeout: 15_000, interval: 20 });

  test('runs, answers status and switch, survives kill -9 with its epoch, and ends cleanly', async () => {
    const first = agent('run');
    await applied(7);
    expect(reports.at(-1)).toMatchObject({
      carrying: 'a',
      paths: [
        { server: 'a', alive: true },
        { server: 'b', alive: true },
      ],
    });

    expect(await ended(agent('run'))).toMatchObject({ code: 1, err: expect.stringContaining('another agent runs') });
    expect(await ended(agent('switch', 'b'))).toMatchObject({ code: 0 });
    const status = agentStatusSchema.parse(JSON.parse((await ended(agent('status', '--json'))).out));
    expect(status).toMatchObject({ epoch: 7, carrying: 'b', manual: 'b', edge: { reached: true } });

    first.kill('SIGKILL');
    await once(first, 'exit');
    const lastSeq = reports.at(-1)?.seq ?? 0;
    const second = agent('run');
    const log = ended(second);
    await vi.waitFor(() => expect(reports.at(-1)?.instance).not.toBe(status.instance), { timeout: 15_000 });
    expect(reports.at(-1)).toMatchObject({ applied: 7, carrying: 'b' });
    expect(reports.at(-1)?.seq).toBeGreaterThan(lastSeq);

    second.kill('SIGTERM');
    expect(await log).toMatchObject({ code: 0, err: expect.stringContaining('traffic stays where it is') });
    expect(await ended(agent('status'))).toMatchObject({ code: 1, err: expect.stringContaining('no agent runs here') });
  }, 60_000);

  test('fails over by itself at once when the Active falls silent, and keeps away until the edge has heard of it', async () => {
    agent('run');
    await applied(7);
    echoes.shift()?.close();
    await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ carrying: 'b', latched: ['a'], lastCut: { from: 'a', to: 'b' } }), {
      timeout: 5000,
      interval: 20,
    });
    const cut = reports.at(-1);
    directive = {
      epoch: 8,
      basis: (cut?.seq ?? 0) - 1,
      leaseMs: 180_000,
      mode: 'cut',
      active: 'a',
      weights: { a: 100, b: 0 },
      why: 'crossed on the wire',
    };
    agents[0]?.kill('SIGKILL');
    agent('run');
    await applied(8);
    expect(reports.at(-1)).toMatchObject({ carrying: 'b', latched: ['a'] });
  }, 30_000);

  test('refuses a directive for a server without a tunnel, and says so', async () => {
    directive = { epoch: 9, basis: 0, leaseMs: 180_000, mode: 'cut', active: 'z', weights: { a: 0, z: 100 }, why: 'test' };
    agent('run');
    await vi.waitFor(() => expect(reports.at(-1)?.problems).toMatchObject([{ kind: 'directive-refused', epoch: 9 }]), { timeout: 15_000 });
    expect(reports.at(-1)?.applied).toBe(0);
  }, 30_000);

  test('check and plan need no root for simulated tunnels', async () => {
    expect(await ended(agent('check'))).toMatchObject({ code: 0 });
    expect(await ended(agent('plan'))).toMatchObject({ code: 0, out: expect.stringContaining('nothing to do') });
    expect(await ended(agent('teardown'))).toMatchObject({ code: 0 });
    writeFileSync(join(folder, 'agent.toml'), 'edge = 3');
    expect(await ended(agent('run'))).toMatchObject({ code: 1, err: expect.stringContaining('edge: is 3') });
    expect(await ended(agent('fly'))).toMatchObject({ code: 2 });
  }, 30_000);
});
