import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tunnel } from '../config.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import { RUN_DIR } from '../own.ts';
import { mustSucceed, type Os } from '../runner.ts';
import type { Pace, TunnelDriver } from './driver.ts';
import { readDevice } from './link.ts';
import { type OpenvpnFile, parseOpenvpnFile, SCRIPTS, SECRETS } from './openvpn-file.ts';
import { readableByOthers } from './secrets.ts';

/**
 * An OpenVPN client as a daemon of its own: it outlives the agent, and a restarted agent finds it again by its command line, so that no packet
 * moves. Its device lives exactly as long as it does, so there is never half of one. Over TCP it runs under `mptcpize`, so that the tunnel uses
 * all WANs and survives the loss of one. Routes are the planner's, and programs that the file names are never run.
 */
export const openvpn: TunnelDriver = {
  async up(tunnel, os, pace) {
    const file = readFile(tunnel, os);
    const running = await findRunning(tunnel, os);
    // A file that is being edited is no reason to end a tunnel that works.
    if (!file.ok) return file;
    const print = fingerprint(tunnel, file.value, os);
    const current = running.filter(({ commandLine }) => commandLine.includes(print));
    if (current.length > 0) return isConnected(tunnel, os);
    if (running.length > 0) {
      const objections = await objectionsTo(tunnel, os);
      if (objections.length > 0) return fail(`${objections[0]}; the tunnel goes on as it was before`);
      const ended = await end(tunnel, running, os);
      if (!ended.ok) return ended;
    }
    const started = await start(tunnel, file.value, print, os, pace);
    return started.ok && running.length > 0 ? succeed('restarted openvpn with its changed configuration') : started;
  },

  async down(tunnel, os) {
    const running = await findRunning(tunnel, os);
    const ended = running.length === 0 ? succeed(null) : await end(tunnel, running, os);
    if (!ended.ok) return ended;
    for (const path of [pidPath(tunnel), logPath(tunnel)]) if (os.read(path) !== null) await os.change(['rm', '-f', path]);
    return succeed(running.length === 0 ? null : `ended openvpn of ${tunnel.device}`);
  },

  tools(tunnel, os) {
    const file = readFile(tunnel, os);
    return ['openvpn', 'pgrep', ...(file.ok && usesMptcp(tunnel, file.value) ? ['mptcpize'] : [])];
  },

  async check(tunnel, os) {
    const file = readFile(tunnel, os);
    if (!file.ok) return [file.reason];
    return [...(await objectionsTo(tunnel, os)), ...checkSecrets(tunnel, file.value, os), ...checkMptcp(tunnel, file.value, os)];
  },

  diagnose: async (tunnel, os) => lastWords(tunnel, os),

  async endpoint(tunnel, os) {
    const file = readFile(tunnel, os);
    const remote = file.ok ? file.value.directives.find(([name]) => name === 'remote')?.[1] : undefined;
    // A name may stand for several addresses; which one OpenVPN chose is its own affair.
    return remote === undefined || isIP(remote) === 0 ? null : remote;
  },
};

const pidPath = ({ device }: Tunnel) => `${RUN_DIR}/openvpn-${device}.pid`;
const logPath = ({ device }: Tunnel) => `${RUN_DIR}/openvpn-${device}.log`;
/** Bytes; it is emptied then. Two days of a server that is away. */
const MAX_LOG = 256 * 1024;
const START_MS = 15_000;
const END_MS = 4000;
const END_POLL_MS = 50;

function readFile(tunnel: Tunnel, os: Os): Outcome<OpenvpnFile> {
  const path = tunnel.config ?? '';
  const text = os.read(path);
  if (text === null) return fail(`cannot read ${path}; put the OpenVPN client's file there, or correct \`config\``);
  const file = parseOpenvpnFile(text, path);
  if (!file.ok) return fail(`${path}: ${file.reason}`);
  if (!file.value.hasRemote) return fail(`${path}: there is no \`remote\`; right: remote ADDRESS PORT`);
  const script = file.value.directives.find(([name = '']) => SCRIPTS.includes(name));
  if (script !== undefined)
    return fail(`${path}: \`${script[0]}\` would run a program, and the agent runs none of a file's; remove the line`);
  const missing = file.value.files.find(({ path: named }) => os.mode(named) === null);
  return missing === undefined ? file : fail(`${path}: \`${missing.directive}\` names ${missing.path}, which cannot be read`);
}

function usesMptcp(tunnel: Tunnel, file: OpenvpnFile): boolean {
  return file.transport === 'tcp' && tunnel.mptcp !== false;
}

/** Of all that decides how it runs: another value means another tunnel. It stands on the command line, where a later agent finds it. */
function fingerprint(tunnel: Tunnel, file: OpenvpnFile, os: Os): string {
  const hash = createHash('sha256').update(os.read(tunnel.config ?? '') ?? '');
  for (const { path } of file.files) hash.update(os.read(path) ?? '');
  return hash
    .update(String(usesMptcp(tunnel, file)))
    .digest('hex')
    .slice(0, 16);
}

/** What OpenVPN itself does not like of the file: asked for its version after it, it reads it and starts nothing. */
async function objectionsTo({ config = '' }: Tunnel, os: Os): Promise<string[]> {
  const { stdout } = await os.query(['openvpn', '--cd', dirname(config), '--config', config, '--version']);
  const lines = stdout.split('\n').filter((line) => line.includes('Options error'));
  return lines.map((line) => `${config}: OpenVPN says: ${withoutTime(line)}`);
}

interface Running {
  pid: string;
  commandLine: string;
}

/** By the command line, not by the pid file: that is written late, and outlives a process. */
async function findRunning(tunnel: Tunnel, os: Os): Promise<Running[]> {
  const pattern = `openvpn .*--writepid ${pidPath(tunnel).replaceAll('.', '[.]')}`;
  const { stdout } = await os.query(['pgrep', '-f', pattern]);
  return stdout
    .split('\n')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      const commandLine = os.read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? '';
      return commandLine.includes(`--writepid ${pidPath(tunnel)} `) ? [{ pid, commandLine }] : [];
    });
}

/** What comes before the file can be changed by it, what comes after cannot. */
function commandFor(tunnel: Tunnel, file: OpenvpnFile, print: string): string[] {
  const { config = '', device = '' } = tunnel;
  return [
    ...(usesMptcp(tunnel, file) ? ['mptcpize', 'run'] : []),
    ...['openvpn', '--connect-retry', '1', '8', '--cd', dirname(config), '--config', config],
    ...['--dev', device, '--dev-type', 'tun', '--persist-tun', '--route-noexec', '--route-nopull', '--script-security', '1'],
    ...['--log-append', logPath(tunnel), '--writepid', pidPath(tunnel), '--setenv', 'FARWATCH', print, '--daemon', `farwatch-${device}`],
  ];
}

async function start(tunnel: Tunnel, file: OpenvpnFile, print: string, os: Os, pace: Pace): Promise<Outcome<string | null>> {
  const { device = '' } = tunnel;
  if ((await readDevice(os, device)) !== null) return fail(`device ${device} exists and is not ours; remove it or choose another name`);
  const may = pace.mayStart();
  if (!may.ok) return fail(`openvpn of ${device}: ${may.reason}${said(lastWords(tunnel, os))}`);
  const folder = mustSucceed(['mkdir'], await os.change(['mkdir', '-p', '-m', '700', RUN_DIR]));
  if (!folder.ok) return folder;
  const argv = commandFor(tunnel, file, print);
  const result = await os.change(argv, { timeoutMs: START_MS });
  if (result.code === 0) return succeed(`started openvpn for ${device}${usesMptcp(tunnel, file) ? ' over MPTCP' : ''}`);
  if (result.code === 127) return fail(`${argv[0]} is missing; install it${argv[0] === 'mptcpize' ? ', or set mptcp = false' : ''}`);
  const words =
    (result.stdout || result.stderr)
      .trim()
      .split('\n')
      .find((line) => line !== '') ?? `exit code ${result.code}`;
  return fail(`openvpn of ${device} does not start: ${withoutTime(words)}`);
}

/** It runs; it may still be looking for its server. */
async function isConnected(tunnel: Tunnel, os: Os): Promise<Outcome<null>> {
  const log = os.read(logPath(tunnel));
  if (log !== null && log.length > MAX_LOG) os.write(logPath(tunnel), '');
  const state = await readDevice(os, tunnel.device ?? '');
  return state?.up === true && state.addresses.length > 0
    ? succeed(null)
    : fail(`openvpn of ${tunnel.device} runs and has no connection${said(lastWords(tunnel, os))}`);
}

async function end(tunnel: Tunnel, running: readonly Running[], os: Os): Promise<Outcome<null>> {
  for (const [signal, waitMs] of [
    ['-TERM', END_MS],
    ['-KILL', END_MS],
  ] as const) {
    await os.change(['kill', signal, ...running.map(({ pid }) => pid)]);
    for (let waited = 0; waited < waitMs; waited += END_POLL_MS) {
      if ((await findRunning(tunnel, os)).length === 0) return succeed(null);
      await sleep(END_POLL_MS);
    }
  }
  return fail(`openvpn of ${tunnel.device} does not end (process ${running.map(({ pid }) => pid).join(', ')})`);
}

/** Lines that say why there is no connection; the newest one counts. */
const TELLING =
  /AUTH_FAILED|TLS Error|TLS_ERROR|VERIFY ERROR|VERIFY KU|Cannot resolve|Connection refused|Connection reset|Inactivity timeout|failed|timed out|fatal|Cannot|ERROR|error/i;

/** What OpenVPN said of its trouble last, in one line; null: nothing telling. */
function lastWords(tunnel: Tunnel, os: Os): string | null {
  const lines = (os.read(logPath(tunnel)) ?? '').split('\n').slice(-40);
  const line = lines.findLast((text) => TELLING.test(text) && !/SIG(USR1|TERM)|process restarting/.test(text));
  return line === undefined ? null : `OpenVPN says: ${withoutTime(line)}`;
}

const said = (words: string | null) => (words === null ? '' : `; ${words}`);

function withoutTime(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:us=\d+ )?/, '').slice(0, 160);
}

function checkSecrets(tunnel: Tunnel, file: OpenvpnFile, os: Os): string[] {
  const named = file.files.filter(({ directive }) => SECRETS.includes(directive)).map(({ path }) => path);
  const own = file.inline.some((block) => SECRETS.includes(block)) ? [tunnel.config ?? ''] : [];
  const asks = file.directives.find(([name, argument]) => name === 'auth-user-pass' && argument === undefined);
  const problems =
    asks !== undefined && !file.inline.includes('auth-user-pass')
      ? [`${tunnel.config}: \`auth-user-pass\` would ask a person; right: auth-user-pass FILE`]
      : [];
  return [...problems, ...[...own, ...new Set(named)].flatMap((path) => readableByOthers(os, path))];
}

function checkMptcp(tunnel: Tunnel, file: OpenvpnFile, os: Os): string[] {
  if (!usesMptcp(tunnel, file)) return [];
  return os.read('/proc/sys/net/mptcp/enabled') === '1'
    ? []
    : ['this kernel has no MPTCP, or it is off; right: sysctl -w net.mptcp.enabled=1, or mptcp = false'];
}
