import { spawnSync } from 'node:child_process';

/** Which Debian package brings each command that the lab runs. */
const PACKAGES: Record<string, string> = {
  ip: 'iproute2',
  nft: 'nftables',
  wg: 'wireguard-tools',
  'wireguard-go': 'wireguard-go',
  conntrack: 'conntrack',
  openvpn: 'openvpn',
  mptcpize: 'mptcpize',
  openssl: 'openssl',
  pgrep: 'procps',
  ss: 'iproute2',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  sysctl: 'procps',
};

/** What this machine lacks to run the lab – and `also` these commands, by the package of each –, with the way to get it; empty: nothing. */
export function missing(also: Readonly<Record<string, string>> = {}): string[] {
  const needed = { ...PACKAGES, ...also };
  if (process.platform !== 'linux') return [`Linux: the lab is made of network namespaces, and this is ${process.platform}`];
  const absent = Object.keys(needed).filter((command) => !has(command));
  const packages = [...new Set(absent.map((command) => needed[command]))];
  const problems: string[] = [];
  if (process.getuid?.() !== 0) problems.push('root: network namespaces and nftables need it (sudo)');
  if (packages.length > 0) problems.push(`${absent.join(', ')}: apt-get install -y ${packages.join(' ')}`);
  if (problems.length === 0 && !mayUnshare())
    problems.push('the right to make namespaces (CAP_SYS_ADMIN): run outside of this container, or with --privileged');
  if (problems.length === 0 && !hasTun()) problems.push('/dev/net/tun: wireguard-go makes its tunnels of it (modprobe tun)');
  return problems;
}

function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`], { env: { ...process.env, PATH: searchPath() } }).status === 0;
}

function mayUnshare(): boolean {
  return spawnSync('unshare', ['-mnp', '--fork', '--mount-proc', 'true']).status === 0;
}

function hasTun(): boolean {
  return spawnSync('sh', ['-c', 'exec 3<>/dev/net/tun']).status === 0;
}

/** sudo and cron may leave out the directories where network tools live. */
export function searchPath(): string {
  return `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;
}
