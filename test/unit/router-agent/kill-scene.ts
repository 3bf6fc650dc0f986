import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../../router-agent/clock.ts';
import { parseConfig } from '../../../router-agent/config.ts';
import { kernelDataPlane } from '../../../router-agent/dataplane/kernel.ts';
import { removeFromKernel } from '../../../router-agent/dataplane/remove.ts';
import { driverOf } from '../../../router-agent/drivers/registry.ts';
import type { Carry } from '../../../router-agent/life.ts';
import { createLog } from '../../../router-agent/log.ts';
import { type Os, systemOs } from '../../../router-agent/runner.ts';

/*
 * kill -9 after every single thing that the agent changes, on a real kernel in namespaces that kill.test.ts made for it (net, mount): the story – start,
 * steer to a, cut to b – is told up to the n-th change, for every n, and nothing more of it happens. Then an agent starts anew, and what the kernel does must
 * be what it does after an undisturbed story. Then teardown is stopped in the same way, at the same n, and done again: nothing may be left. Prints one line of
 * JSON.
 */

const folder = mkdtempSync(join(tmpdir(), 'farwatch-kill-'));
const A: Carry = { weights: { a: 100, b: 0 }, live: { a: 'a', b: 'b' }, dead: [] };
const CUT: Carry = { weights: { a: 0, b: 100 }, live: { a: 'b', b: 'b' }, dead: ['a'] };
/** Each so manyth change is one to be killed after. */
const EVERY = Number(process.argv[2] ?? 1);
/** Ten times what it ever took. */
const RIGHT_WITHIN_MS = 20_000;
/** Far more changes than the story has. */
const MAX_STEPS = 200;
const log = createLog('error', { journald: false, write: () => undefined });

function sh(line: string, input?: string): string {
  const [program = '', ...args] = line.split(' ');
  return execFileSync(program, args, { encoding: 'utf8', input: input ?? '', stdio: ['pipe', 'pipe', 'pipe'] });
}

function buildNetwork(): void {
  sh('mount -t tmpfs tmpfs /run');
  sh('ip link set lo up');
  sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv4.conf.default.rp_filter=1');
  for (const [device, address] of [
    ['tunb', '10.9.2.2/24'],
    ['lan0', '192.168.7.1/24'],
  ]) {
    sh(`ip link add ${device} type veth peer name ${device}p`);
    sh(`ip addr add ${address} dev ${device}`);
    sh(`ip link set ${device} up`);
    sh(`ip link set ${device}p up`);
  }
  sh('ip addr add fd00:2::2/64 dev tunb nodad');
  sh('ip rule add pref 500 fwmark 0x100/0xff00 lookup 900');
  const key = sh('wg genkey').trim();
  const peer = sh('wg pubkey', sh('wg genkey')).trim();
  const file = `[Interface]\nPrivateKey = ${key}\nAddress = 10.9.1.2/24, fd00:1::2/64\nMTU = 1380\n[Peer]\nPublicKey = ${peer}\nEndpoint = 127.0.0.1:5\nAllowedIPs = 0.0.0.0/0, ::/0\n`;
  writeFileSync(join(folder, 'wga.conf'), file, { mode: 0o600 });
}

function readConfig() {
  const text = `edge = "https://edge.example"\nsite = "home"\ntoken_file = "token"\nlan = ["lan0"]\nkill_switch = true
[dns]\nfollow = true\n[[class]]\nfrom = ["192.168.7.7"]\nvia = "b"\nfailover = false
[[tunnel]]\nserver = "a"\ndriver = "wireguard"\ndevice = "killwga"\nconfig = "wga.conf"\nheartbeat = "10.9.1.1"
[[tunnel]]\nserver = "b"\ndriver = "existing"\ndevice = "tunb"\nheartbeat = "10.9.2.1"\n`;
  const parsed = parseConfig(text, join(folder, 'agent.toml'));
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.config;
}

/** All that the agent may change. Link-local addresses come by themselves, a moment later, and are drawn anew for each device. */
function picture(): string {
  const looks = [
    'nft list ruleset',
    'ip rule',
    'ip -6 rule',
    'ip -4 route show table all',
    'ip -6 route show table all | grep -v -e fe80 -e ff00 -e multicast',
    "ip -o link | sed -e 's/^[0-9]*: //' -e 's/ qdisc [^ ]*//' -e 's/ state [A-Z]*//'",
    "ip -br addr | sed -e 's/fe80::[^ ]*//' -e 's/ *$//'",
    'wg show all allowed-ips | sort',
    'grep . /proc/sys/net/ipv4/conf/*/rp_filter',
  ];
  return execFileSync('sh', ['-c', looks.join('\n')], { encoding: 'utf8' });
}

/** The same machine, up to the n-th change; then the process is dead: whatever it still wanted does not happen, and nothing is answered. */
function mortal(os: Os, changes: number): { os: Os; died: Promise<'died'>; made(): number } {
  let made = 0;
  let die: (how: 'died') => void = () => undefined;
  const died = new Promise<'died'>((resolve) => {
    die = resolve;
  });
  const lives = () => {
    made += 1;
    if (made > changes) die('died');
    return made <= changes;
  };
  const never = new Promise<never>(() => undefined);
  return {
    died,
    made: () => made,
    os: {
      ...os,
      change: (argv, options) => (lives() ? os.change(argv, options) : never),
      write(path, text) {
        if (!lives()) throw new Error('killed');
        return os.write(path, text);
      },
    },
  };
}

/** What the state file keeps over restarts. */
const settings = new Map<string, string>();
const remember = (path: string, old: string) => void (settings.has(path) || settings.set(path, old));

async function tell(os: Os): Promise<void> {
  const plane = kernelDataPlane({ config, os, clock, log, driverOf, remember, session: false });
  await plane.start();
  for (const carry of [A, CUT]) {
    const done = await plane.apply(carry);
    if (!done.ok) throw new Error(done.reason);
  }
  plane.close();
}

/** Starts anew, and looks again and again as a running agent does, until `isRight`: on a busy machine a tunnel may come later than the rules. */
async function restart(isRight: () => boolean): Promise<void> {
  const plane = kernelDataPlane({ config, os: systemOs, clock, log, driverOf, remember, session: false });
  await plane.start();
  const applied = await plane.apply(CUT);
  if (!applied.ok) throw new Error(applied.reason);
  const giveUpAt = clock.now() + RIGHT_WITHIN_MS;
  do {
    const done = await plane.reconcile();
    if (!done.ok) throw new Error(done.reason);
  } while (!isRight() && clock.now() < giveUpAt);
  plane.close();
}

async function tearDown(os: Os): Promise<void> {
  const { problems } = await removeFromKernel(config, os, driverOf);
  if (problems.length > 0) throw new Error(problems.join('; '));
  for (const [path, old] of settings) if (os.read(path) !== null) os.write(path, old);
}

/** Up to the n-th change. `killed` is also what a throw in a dead process comes to. */
async function upTo(changes: number, task: (os: Os) => Promise<void>): Promise<'whole' | 'killed'> {
  const { os, died, made } = mortal(systemOs, changes);
  const whole = task(os).then(
    () => 'whole' as const,
    (error: unknown) => {
      if (made() > changes) return 'killed' as const;
      throw error;
    },
  );
  return (await Promise.race([whole, died])) === 'whole' ? 'whole' : 'killed';
}

function difference(expected: string, found: string): string[] {
  const [left, right] = [expected.split('\n'), found.split('\n')];
  return [
    ...left.filter((line) => !right.includes(line)).map((line) => `- ${line}`),
    ...right.filter((line) => !left.includes(line)).map((line) => `+ ${line}`),
  ];
}

buildNetwork();
const config = readConfig();
try {
  const untouched = picture();
  await tell(systemOs);
  await restart(() => true);
  const reference = picture();
  await tearDown(systemOs);
  const broken: string[] = difference(untouched, picture()).map((line) => `after the whole story and teardown: ${line}`);
  let steps = 0;
  for (; steps < MAX_STEPS; steps += EVERY) {
    const how = await upTo(steps, tell);
    let found = '';
    await restart(() => {
      found = picture();
      return found === reference;
    });
    broken.push(...difference(reference, found).map((line) => `killed after ${steps} changes: ${line}`));
    if ((await upTo(steps, tearDown)) === 'killed') await tearDown(systemOs);
    broken.push(...difference(untouched, picture()).map((line) => `teardown killed after ${steps} changes: ${line}`));
    if (how === 'whole') break;
  }
  process.stdout.write(`${JSON.stringify({ steps, broken, referenceLines: reference.split('\n').length })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
