import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Report } from '../../../worker/protocol/report.ts';

/*
 * Runs the real agent against the real kernel, inside namespaces that kernel.test.ts made for it (net, mount, pid), and prints what it saw
 * as one line of JSON.
 *
 *   [client 192.168.7.2] ── lan0 [router: here] ── tuna ── [vps va 10.9.1.1 ]  both are 198.51.100.9 on the internet
 *                                               └─ tunb ── [vps vb 10.9.2.1 ]
 */
const MAIN = resolve(import.meta.dirname, '../../../router-agent/main.ts');
const PEER = join(import.meta.dirname, 'kernel-peer.ts');
const WAIT_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'farwatch-kernel-'));
const config = join(folder, 'agent.toml');
const children: ChildProcess[] = [];

function sh(line: string): string {
  const [program = '', ...args] = line.split(' ');
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function until<T>(what: string, look: () => T | null | undefined | false | Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}\n${log}`);
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

let log = '';
function start(command: string[], onLine: (line: string) => void = () => undefined): ChildProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  children.push(child);
  return child;
}

function agent(...words: string[]): string[] {
  return [process.execPath, MAIN, ...words, '--config', config];
}

async function finish(command: string[]): Promise<{ code: number | null; out: string }> {
  let out = '';
  const child = start(command, (line) => {
    out += `${line}\n`;
  });
  await once(child, 'close');
  return { code: child.exitCode, out };
}

/** Everything that teardown must leave as it was. Link-local addresses and their routes come by themselves, a moment later. */
function picture(): string {
  const lines = [
    'nft list ruleset',
    'ip rule',
    'ip -6 rule',
    'ip route show table all',
    'ip -6 route show table all',
    'ip -br addr',
    'sysctl net.ipv4.conf',
  ]
    .map(sh)
    .join('\n');
  return lines
    .split('\n')
    .filter((line) => !/fe80|ff00/.test(line))
    .join('\n');
}

function buildNetwork(): void {
  sh('mount -t tmpfs tmpfs /run');
  sh('mkdir -p /run/netns');
  sh('ip link set lo up');
  sh('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=0');
  for (const [index, vps] of ['a', 'b'].entries()) {
    const net = `10.9.${index + 1}`;
    sh(`ip netns add v${vps}`);
    sh(`ip link add tun${vps} type veth peer name p netns v${vps}`);
    sh(`ip addr add ${net}.2/24 dev tun${vps}`);
    sh(`ip link set tun${vps} up`);
    sh(`ip -n v${vps} addr add ${net}.1/24 dev p`);
    sh(`ip -n v${vps} addr add 198.51.100.9/32 dev lo`);
    sh(`ip -n v${vps} link set p up`);
    sh(`ip -n v${vps} link set lo up`);
  }
  sh('ip netns add client');
  sh('ip link add lan0 type veth peer name c netns client');
  sh('ip addr add 192.168.7.1/24 dev lan0');
  sh('ip link set lan0 up');
  sh('ip -n client addr add 192.168.7.2/24 dev c');
  sh('ip -n client link set c up');
  sh('ip -n client route add default via 192.168.7.1');
  // The uplink. A loose reverse-path filter asks for a way to everywhere, by whatever device.
  sh('ip link add wan0 type veth peer name wan0peer');
  sh('ip addr add 203.0.113.2/24 dev wan0');
  sh('ip link set wan0 up');
  sh('ip link set wan0peer up');
  sh('ip route add default via 203.0.113.1');
  // What others own must survive; and a strict filter must be loosened and restored.
  sh('nft add table inet somebody');
  sh('ip rule add pref 500 fwmark 0x100/0xff00 lookup 900');
  sh('sysctl -qw net.ipv4.conf.tuna.rp_filter=1');
}

const blackHole = () => {
  sh('ip netns exec va nft add table ip hole');
  execFileSync('ip', ['netns', 'exec', 'va', 'nft', 'add chain ip hole input { type filter hook input priority 0; policy drop; }']);
};

/** b does not answer segments of connections that it never had: most VPSs' firewalls drop them. So a reset can only be the router's. */
const dropStrays = () => {
  sh('ip netns exec vb nft add table ip firewall');
  const chain = 'add chain ip firewall input { type filter hook input priority 0; policy accept; }';
  execFileSync('ip', [
    'netns',
    'exec',
    'vb',
    'nft',
    `${chain}; add rule ip firewall input tcp dport 9000 ct state new tcp flags & syn == 0 drop`,
  ]);
};

interface Heard {
  t: number;
  udp?: string;
  tcp?: string;
  ready?: string;
}

async function scene(): Promise<object> {
  buildNetwork();
  let directive = { epoch: 1, basis: 0, leaseMs: 180_000, mode: 'drain', active: 'a', weights: { a: 100, b: 0 }, why: 'test' };
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
      answerHeld = () => report.applied !== directive.epoch && !response.writableEnded && response.end(JSON.stringify(directive));
      answerHeld();
    });
  });
  await new Promise<void>((done) => edge.listen(18_787, '127.0.0.1', done));
  writeFileSync(join(folder, 'token'), 'fws_home_secret', { mode: 0o600 });
  const tunnel = (server: string, net: number) =>
    `[[tunnel]]\nserver = "${server}"\ndriver = "existing"\ndevice = "tun${server}"\nheartbeat = "10.9.${net}.1"\n`;
  writeFileSync(
    config,
    `edge = "http://127.0.0.1:18787"\nsite = "home"\ntoken_file = "token"\nstate_dir = "state"\nlan = ["lan0"]\n${tunnel('a', 1)}${tunnel('b', 2)}`,
  );
  const before = picture();
  const applied = (epoch: number) => until(`epoch ${epoch}`, () => reports.at(-1)?.applied === epoch);

  const first = start(agent('run'));
  await applied(1);
  const planned = (await finish(agent('plan'))).out;
  const check = (await finish(agent('check'))).code;

  const vpsReady = new Set<string>();
  for (const vps of ['va', 'vb']) start(['ip', 'netns', 'exec', vps, process.execPath, PEER, 'vps', vps], (line) => vpsReady.add(line));
  await until('both VPSs answer', () => vpsReady.size === 2);
  const heard: Heard[] = [];
  start(['ip', 'netns', 'exec', 'client', process.execPath, PEER, 'client'], (line) => heard.push(JSON.parse(line)));
  await until('the client hears a', () => heard.some((event) => event.udp === 'va') && heard.some((event) => event.tcp === 'echo'));

  dropStrays();
  blackHole();
  const cutAt = Date.now();
  const back = await until('datagrams come back by b', () => heard.find((event) => event.udp === 'vb'));
  const lastOfA = heard.filter((event) => event.udp === 'va').at(-1)?.t ?? 0;
  const reset = await until('the stale TCP connection is reset', () => heard.find((event) => event.tcp === 'ECONNRESET'));
  await until('the report tells of the cut', () => reports.at(-1)?.lastCut?.to === 'b');
  const cut = reports.at(-1);

  sh('ip netns exec va nft delete table ip hole');
  await until('a lives again', () => reports.at(-1)?.paths[0]?.alive === true);
  const afterLife = heard.at(-1)?.udp ?? heard.filter((event) => event.udp !== undefined).at(-1)?.udp;
  const rules = sh('nft list ruleset');
  first.kill('SIGKILL');
  await once(first, 'exit');
  const heardAtKill = heard.length;
  const polls = reports.length;
  const second = start(agent('run'));
  await until('the second agent polls', () => reports.length > polls);
  const rulesKept = sh('nft list ruleset') === rules;
  const movedByRestart = heard.slice(heardAtKill).some((event) => event.udp === 'va');

  // Drain back: the flow that is open stays on b, although all new ones go to a.
  directive = { ...directive, epoch: 2, basis: reports.at(-1)?.seq ?? 0 };
  answerHeld();
  await applied(2);
  const heardAtDrain = heard.length;
  await until('fifty more datagrams', () => heard.length > heardAtDrain + 50);
  const movedByDrain = heard.slice(heardAtDrain).some((event) => event.udp === 'va');
  const newFlows: Heard[] = [];
  const fresh = start(['ip', 'netns', 'exec', 'client', process.execPath, PEER, 'client'], (line) => newFlows.push(JSON.parse(line)));
  const newFlow = (await until('a new flow is answered', () => newFlows.find((event) => event.udp !== undefined))).udp;
  fresh.kill('SIGKILL');

  // Somebody breaks our rules: they are repaired.
  sh('ip rule del pref 101');
  sh('nft flush chain inet farwatch lan');
  await until(
    'the broken rules are repaired',
    () => sh('ip rule').includes('fwmark 0x1/0xff') && sh('nft list chain inet farwatch lan').includes('vmap @weights'),
  );

  second.kill('SIGTERM');
  await once(second, 'exit');
  const stillSteering = sh('nft list tables').includes('inet farwatch');
  const teardown = await finish(agent('teardown'));
  const restored = picture() === before;
  const again = await finish(agent('teardown'));
  edge.closeAllConnections();
  edge.close();
  return {
    planned,
    check,
    udpOutageMs: back.t - lastOfA,
    resetMs: reset.t - cutAt,
    cut: { carrying: cut?.carrying, latched: cut?.latched, lastCut: cut?.lastCut },
    afterLife,
    rulesKept,
    movedByRestart,
    movedByDrain,
    newFlow,
    second: second.exitCode,
    stillSteering,
    teardown: teardown.code,
    restored,
    again: again.code,
  };
}

try {
  process.stdout.write(`${JSON.stringify(await scene())}\n`);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
