import { accessSync, constants, statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Config, Tunnel } from '../config.ts';
import { checkNeighbours } from '../dataplane/neighbours.ts';
import { readDevice } from '../drivers/link.ts';
import { driverOf, isOmr, steersKernel } from '../drivers/registry.ts';
import { checkOmr } from '../omr/check.ts';
import { codeOf, messageOf } from '../outcome.ts';
import { type Os, systemOs } from '../runner.ts';
import type { Command } from './command.ts';

/** Debian's and OpenWrt's names of the packages with the tools that we call. */
const PACKAGES: Record<string, string> = {
  nft: 'apt install nftables / opkg install nftables-json',
  ip: 'apt install iproute2 / opkg install ip-full',
  conntrack: 'apt install conntrack / opkg install conntrack',
  wg: 'apt install wireguard-tools / opkg install wireguard-tools',
  openvpn: 'apt install openvpn / opkg install openvpn-openssl',
  mptcpize: 'apt install mptcpize / opkg install mptcpd; or mptcp = false in the [[tunnel]]',
  pgrep: 'apt install procps',
};
const OMR_TOOLS = ['curl', 'conntrack'];
const EDGE_MS = 5000;

/** Looks for everything that would keep `run` from doing its work; prints each problem with a way to right it. */
export const check: Command = async ({ config, out, err }) => {
  const problems = [
    ...checkToken(config),
    ...(await checkEdge(config)),
    ...(steersKernel(config) ? await checkKernel(config, systemOs) : []),
    ...(isOmr(config) ? [...missingTools(OMR_TOOLS, systemOs), ...(await checkOmr(config, systemOs))] : []),
  ];
  for (const problem of problems) err(`farwatch-agent: ${problem}\n`);
  if (problems.length === 0) out(`${config.path}: all is well\n`);
  return problems.length === 0 ? 0 : 1;
};

function checkToken({ token_file: path, site }: Config): string[] {
  try {
    // Readable by a group is the way to give it to a user of the agent's own.
    const open = (statSync(path).mode & 0o027) !== 0;
    accessSync(path, constants.R_OK);
    return open ? [`token_file ${path} can be read by others; right: chmod 600 ${path}`] : [];
  } catch (error) {
    const how = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${messageOf(error)})`;
    return [`token_file ${path} ${how}; make a token with POST /admin/v1/sites/${site}/tokens on the edge and put it there`];
  }
}

/** A TCP connection is enough: `run` names what the edge answers. */
function checkEdge({ edge, local_address: localAddress }: Config): Promise<string[]> {
  const url = new URL(edge);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, localAddress });
    const finish = (problems: string[]) => {
      socket.destroy();
      resolve(problems);
    };
    socket.setTimeout(EDGE_MS, () =>
      finish([`edge ${edge} does not answer within ${EDGE_MS / 1000} s; is the address right, and the WAN up?`]),
    );
    socket.on('connect', () => finish([]));
    socket.on('error', (error) =>
      finish([`edge ${edge} cannot be reached (${codeOf(error) ?? messageOf(error)}); is \`edge\` right, and does it run?`]),
    );
  });
}

async function checkKernel(config: Config, os: Os): Promise<string[]> {
  const problems: string[] = [];
  if (!mayAdministerNetwork(os))
    problems.push(
      'rules and routes need CAP_NET_ADMIN; right: run as root, or as install/farwatch-agent.service does, with AmbientCapabilities',
    );
  const tools = new Set(['nft', 'ip', 'conntrack', ...config.tunnel.flatMap((tunnel) => driverOf(tunnel).tools(tunnel, os))]);
  problems.push(...missingTools(tools, os));
  for (const tunnel of config.tunnel) problems.push(...(await checkTunnel(tunnel, os)));
  if (config.wan.some(({ mptcp }) => mptcp !== 'off') && os.read('/proc/sys/net/mptcp/enabled') !== '1')
    problems.push(
      'wan: mptcp has a role, but this kernel has no MPTCP, or it is off; right: sysctl -w net.mptcp.enabled=1, or mptcp = "off"',
    );
  for (const { device } of config.wan)
    if ((await readDevice(os, device)) === null) problems.push(`wan: device ${device} does not exist now; right: one of \`ip link\``);
  for (const device of config.lan)
    if ((await readDevice(os, device)) === null) problems.push(`lan: device ${device} does not exist; right: one of \`ip link\``);
  if (os.read('/proc/sys/net/ipv4/ip_forward') === '0')
    problems.push('the kernel does not forward; right: sysctl -w net.ipv4.ip_forward=1');
  const fromLan6 = config.kill_switch || (await tunnelsSpeakIpv6(config, os));
  if (fromLan6 && os.read('/proc/sys/net/ipv6/conf/all/forwarding') === '0')
    problems.push('the kernel does not forward IPv6, and a tunnel has it; right: sysctl -w net.ipv6.conf.all.forwarding=1');
  return [...problems, ...(await checkNeighbours(os))];
}

const CAP_NET_ADMIN = 12;

function mayAdministerNetwork(os: Os): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(os.read('/proc/self/status') ?? '')?.[1] ?? '0';
  return (BigInt(`0x${effective}`) >> BigInt(CAP_NET_ADMIN)) % 2n === 1n;
}

async function tunnelsSpeakIpv6({ tunnel }: Config, os: Os): Promise<boolean> {
  const links = await Promise.all(tunnel.map(({ device }) => (device === undefined ? null : readDevice(os, device))));
  return links.some((link) => link?.addresses.some((address) => address.includes(':') && !address.startsWith('fe80')));
}

function missingTools(tools: Iterable<string>, os: Os): string[] {
  return [...tools]
    .filter((tool) => !isInstalled(os, tool))
    .map((tool) => `${tool} is missing; right: ${PACKAGES[tool] ?? `install ${tool}`}`);
}

/** By looking, not by running it: a tunnel's own commands are among them. */
function isInstalled(os: Os, tool: string): boolean {
  if (tool.includes('/')) return os.mode(tool) !== null;
  return (process.env.PATH ?? '').split(':').some((directory) => ((os.mode(`${directory}/${tool}`) ?? 0) & 0o111) !== 0);
}

async function checkTunnel(tunnel: Tunnel, os: Os): Promise<string[]> {
  const problems = await driverOf(tunnel).check(tunnel, os);
  return problems.map((problem) => `tunnel of ${tunnel.server}: ${problem}`);
}
