import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LAB_DIR, run } from './processes.ts';
import type { RouterTunnel } from './wire.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UNIT = `${ROOT}/router-agent/install/farwatch-agent.service`;
export const PROGRAM = `${LAB_DIR}/farwatch-agent.mjs`;
/** `nobody`: it is on every machine, and it owns nothing. */
export const USER = 65_534;
/** What systemd gives a service. With the long one of somebody's shell the agent's every call of a program is tried in a dozen places first. */
const SERVICE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin';

/**
 * Installs the agent as its systemd unit would have it and answers how to start it: one built file, the system's Node where there is one, an
 * ordinary user, the unit's capabilities and not one more. Files are given to the user, devices and directories are as on a usual machine.
 */
export async function install(tunnels: readonly RouterTunnel[]): Promise<string[]> {
  await run([process.execPath, `${ROOT}/router-agent/build.ts`]);
  copyFileSync(`${ROOT}/dist/farwatch-agent.mjs`, PROGRAM);
  const files = tunnels.flatMap(({ configFile }) => configFile ?? []);
  for (const file of [`${LAB_DIR}/agent`, `${LAB_DIR}/agent/state`, `${LAB_DIR}/agent/token`, ...files]) chownSync(file, USER, USER);
  await usualTun();
  mkdirSync('/run/wireguard', { recursive: true });
  chownSync('/run/wireguard', USER, USER);
  const capabilities = `-all,${unitCapabilities()
    .map((name) => `+${name}`)
    .join()}`;
  const bounds = ['--inh-caps', capabilities, '--ambient-caps', capabilities, '--bounding-set', capabilities];
  const node = existsSync('/usr/bin/node') ? '/usr/bin/node' : process.execPath;
  return [
    'env',
    `PATH=${SERVICE_PATH}`,
    'setpriv',
    '--reuid',
    `${USER}`,
    '--regid',
    `${USER}`,
    '--clear-groups',
    '--no-new-privs',
    ...bounds,
    node,
    PROGRAM,
  ];
}

/** `net_admin`, … as the unit gives them. */
export function unitCapabilities(): string[] {
  const line = /^AmbientCapabilities=(.*)$/m.exec(readFileSync(UNIT, 'utf8'))?.[1] ?? '';
  return line.split(' ').map((name) => name.replace(/^CAP_/, '').toLowerCase());
}

/** /dev/net/tun is for everybody on a usual machine; in some containers it is root's. Only this lab sees the change. */
async function usualTun(): Promise<void> {
  const device = `${LAB_DIR}/tun`;
  await run(['mknod', device, 'c', '10', '200']);
  chmodSync(device, 0o666);
  await run(['mount', '--bind', device, '/dev/net/tun']);
}
