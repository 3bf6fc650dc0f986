import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Report } from '../../../worker/protocol/report.ts';
import { UCI_SHOW } from './omr-router.ts';

/*
 * The real agent on a stand-in OpenMPTCProuter, inside namespaces that omr-scene.test.ts made for it: `uci` and `curl` are programs of ours on the PATH,
 * /etc/init.d holds services that only write down that they were restarted, and both VPSs' APIs are on loopback. Prints what it saw as one
 * line of JSON.
 */
const MAIN = resolve(import.meta.dirname, '../../../router-agent/main.ts');
const WAIT_MS = 20_000;
const VPS = { paris: '198.51.100.1', tokyo: '198.51.100.2' };

const folder = mkdtempSync(join(tmpdir(), 'farwatch-omr-'));
const config = join(folder, 'agent.toml');
const services = join(folder, 'services.log');
const store = join(folder, 'uci.json');
const children: ChildProcess[] = [];
let log = '';

const sh = (line: string) => execFileSync('sh', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}\n${log}\n${restarted().join('\n')}`);
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

function agent(command: string): ChildProcess {
  const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` };
  const child = spawn(process.execPath, [MAIN, command, '--config', config], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log += chunk;
    });
  children.push(child);
  return child;
}

const ended = (child: ChildProcess) => new Promise<number | null>((done) => child.once('close', done));

/** A `uci` that keeps what was set apart until it is committed, as the real one does. */
function installPrograms(): void {
  mkdirSync(join(folder, 'bin'));
  const program = (name: string, text: string) =>
    writeFileSync(name.startsWith('/') ? name : join(folder, 'bin', name), text, { mode: 0o755 });
  program(
    'uci',
    `#!${process.execPath}
const fs = require('node:fs');
const [verb, argument = ''] = process.argv.slice(2);
if (verb === '-P') process.exit(1);
const state = JSON.parse(fs.readFileSync('${store}', 'utf8'));
const [key, value] = argument.split('=');
const quote = (text) => "'" + text + "'";
if (verb === 'show') console.log(Object.entries({ ...state.kept, ...state.changed }).filter(([, text]) => text !== null).map(([name, text]) => name + '=' + text).join('\\n'));
if (verb === 'set' || verb === 'add_list') state.changed[key] = quote(value);
if (verb === 'delete') state.changed[key] = null;
if (verb === 'commit') for (const name of Object.keys(state.changed)) if (name.startsWith(argument + '.')) {
  if (state.changed[name] === null) delete state.kept[name]; else state.kept[name] = state.changed[name];
  delete state.changed[name];
}
if (verb !== 'show') {
  fs.writeFileSync('${store}.new', JSON.stringify(state));
  fs.renameSync('${store}.new', '${store}');
}
`,
  );
  program('curl', `#!/bin/sh\ncat >/dev/null\necho '{"access_token":"x"}'\n`);
  for (const name of ['openmptcprouter-vps', 'shadowsocks-rust', 'openvpn', 'glorytun'])
    program(`/etc/init.d/${name}`, `#!/bin/sh\necho "${name} $*" >> ${services}\nsleep 0.3\n`);
  const kept = Object.fromEntries(
    UCI_SHOW.trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  writeFileSync(store, JSON.stringify({ kept, changed: {} }));
}

const restarted = () => (existsSync(services) ? readFileSync(services, 'utf8').trim().split('\n') : []);
const committed = (key: string): string => JSON.parse(readFileSync(store, 'utf8')).kept[key];

function buildMachine(): void {
  sh('mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /etc/init.d && ip link set lo up');
  for (const address of Object.values(VPS)) {
    sh(`ip addr add ${address}/32 dev lo`);
    // A heartbeat hangs up as soon as it was answered, and may do so with a reset.
    createTcpServer((socket) => socket.on('error', () => socket.destroy()).end()).listen(65_500, address);
  }
  installPrograms();
}

async function scene(): Promise<object> {
  buildMachine();
  let directive = { epoch: 1, basis: 0, leaseMs: 180_000, mode: 'drain', active: 'paris', weights: { paris: 100, tokyo: 0 }, why: 'test' };
  const reports: Report[] = [];
  let answerHeld: () => void = () => undefined;
  const edge = createServer((request, response) => {
    if (!request.url?.startsWith('/agent/v1/poll')) return void response.writeHead(404).end();
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const report: Report = JSON.parse(text);
      reports.push(report);
      answerHeld = () => void (report.applied !== directive.epoch && !response.writableEnded && response.end(JSON.stringify(directive)));
      answerHeld();
    });
  });
  await new Promise<void>((done) => edge.listen(18_787, '127.0.0.1', done));
  writeFileSync(join(folder, 'token'), 'fws_home_secret', { mode: 0o600 });
  const tunnels = Object.entries(VPS).map(
    ([server, address]) => `[[tunnel]]\nserver = "${server}"\ndriver = "openmptcprouter"\nheartbeat = "${address}:65500"\n`,
  );
  writeFileSync(config, `edge = "http://127.0.0.1:18787"\nsite = "home"\ntoken_file = "token"\nstate_dir = "state"\n${tunnels.join('')}`);

  const check = await ended(agent('check'));
  const first = agent('run');
  const firstEnd = ended(first);
  await until(
    'the first directive to be applied',
    () => reports.at(-1)?.applied === 1 && reports.at(-1)?.paths.every(({ alive }) => alive),
  );
  const atRest = restarted();

  sh(
    `nft 'add table ip hole; add chain ip hole out { type filter hook output priority 0; }; add rule ip hole out ip daddr ${VPS.paris} drop'`,
  );
  await until('the move to be under way', () => restarted().length > 0);
  first.kill('SIGKILL');
  await firstEnd;
  const interrupted = restarted();
  const second = agent('run');
  const secondEnd = ended(second);
  await until('the move to be whole', () => restarted().filter((line) => line.startsWith('openvpn')).length === 1);
  await until('a report from tokyo', () => reports.at(-1)?.carrying === 'tokyo' && !existsSync('/var/run/farwatch/omr-moving'));
  const moved = ['openmptcprouter.tokyo.current', 'openmptcprouter.paris.master', 'shadowsocks-rust.sss0.server', 'openvpn.omr.remote'].map(
    committed,
  );
  const afterMove = restarted().slice(interrupted.length);

  sh('nft delete table ip hole');
  await until('paris to live again', () => reports.at(-1)?.paths.find(({ server }) => server === 'paris')?.alive);
  directive = { ...directive, epoch: 2, basis: reports.at(-1)?.seq ?? 0 };
  answerHeld();
  await until('the return', () => reports.at(-1)?.applied === 2 && reports.at(-1)?.carrying === 'paris');
  const home = ['openmptcprouter.paris.current', 'shadowsocks-rust.sss0.server'].map(committed);
  second.kill('SIGTERM');
  const exit = await secondEnd;
  const teardown = await ended(agent('teardown'));
  return { check, atRest, interrupted, afterMove, moved, home, exit, teardown };
}

let code = 0;
try {
  process.stdout.write(`${JSON.stringify(await scene())}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  code = 1;
}
for (const child of children) child.kill('SIGKILL');
rmSync(folder, { recursive: true, force: true });
process.exit(code);
