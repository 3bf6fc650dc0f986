import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A Debian package that some part of the tests needs, and the command that it brings. */
interface Needed {
  name: string;
  command: string;
  for: 'lab' | 'browser';
}

const NEEDED: readonly Needed[] = [
  { name: 'nftables', command: 'nft', for: 'lab' },
  { name: 'iproute2', command: 'ip', for: 'lab' },
  { name: 'wireguard-tools', command: 'wg', for: 'lab' },
  { name: 'wireguard-go', command: 'wireguard-go', for: 'lab' },
  { name: 'conntrack', command: 'conntrack', for: 'lab' },
  { name: 'openvpn', command: 'openvpn', for: 'lab' },
  { name: 'mptcpize', command: 'mptcpize', for: 'lab' },
  { name: 'openssl', command: 'openssl', for: 'lab' },
  { name: 'procps', command: 'sysctl', for: 'lab' },
  { name: 'chromium', command: 'chromium', for: 'browser' },
];

/** Network tools live where the PATH of sudo and cron does not always look. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;

export function missingPackages(): Needed[] {
  return NEEDED.filter(({ command }) => !PATH.split(':').some((directory) => directory !== '' && existsSync(`${directory}/${command}`)));
}

/** apt-get works and may be used: as root, where it exists. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs them; what apt-get says goes to the terminal. Answers whether it worked. */
export function install(packages: readonly Needed[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', PATH };
  const apt = (...argv: string[]) => spawnSync('apt-get', argv, { stdio: 'inherit', env }).status === 0;
  return (
    apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', 'ca-certificates', ...packages.map(({ name }) => name))
  );
}
