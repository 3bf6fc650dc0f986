import { addNamespace, blackhole, cable, heal, masquerade, nft, plugInto, route } from './net.ts';
import { run } from './processes.ts';

/*
 *                                              core 10.90.0.0/24 (a bridge, the lab itself is .1)
 *                                               │
 *                  10.1.0.2   10.1.0.1          │           ┌─────── wga ═══════ 10.99.1.1 ─┐ the WireGuard tunnels
 *                 ┌─ wan1 ─────── isp1 ─── .2 ──┤           │                               │ end in the VPSs
 *   client ─ lan ─ router                       ├── .11 ── vps-a ── masquerades ──► core    │
 *   192.168.50.2…  ├ wga  10.99.1.2             ├── .12 ── vps-b ── masquerades ──► core    │
 *   (CLIENTS       ├ wgb  10.99.2.2             ├── .20 ── edge    (workerd: probes .11 and .12, answers the agent)
 *    addresses)    └─ wan2 ─────── isp2 ─── .3 ──┤
 *                  10.2.0.2   10.2.0.1          └── .30 ── inet    (echo, HTTP, download: it tells each client which address it saw)
 *
 * The router's own way out is wan1, then wan2. The ISPs masquerade, so a client's packet that leaks past the tunnels arrives at inet from
 * .2 or .3 and is seen as a leak; through the tunnels it arrives from .11 or .12.
 */

export const SERVERS = ['a', 'b'] as const;
export type Server = (typeof SERVERS)[number];

export const CORE = 'core';
export const LAB_ADDRESS = '10.90.0.1';
export const EDGE_ADDRESS = '10.90.0.20';
export const EDGE_PORT = 8787;
export const INET_ADDRESS = '10.90.0.30';
export const VPS_ADDRESS: Record<Server, string> = { a: '10.90.0.11', b: '10.90.0.12' };
export const TUNNEL_NET: Record<Server, { vps: string; router: string }> = {
  a: { vps: '10.99.1.1', router: '10.99.1.2' },
  b: { vps: '10.99.2.1', router: '10.99.2.2' },
};
/** Nobody's own, for a VPS that comes out at the wrong place. */
const OTHER_EXIT = '10.90.0.99';
export const LAN_NET = '192.168.50.0/24';
export const ROUTER_LAN_ADDRESS = '192.168.50.1';

/** The same with IPv6: fd00:90::/64 is the core, fd00:1::/64 and fd00:2::/64 are the lines, fd00:50::/64 the LAN, fd00:99:1::/64 and fd00:99:2::/64 are in the tunnels. */
export const INET_ADDRESS6 = 'fd00:90::30';
export const VPS_ADDRESS6: Record<Server, string> = { a: 'fd00:90::11', b: 'fd00:90::12' };
export const TUNNEL_NET6: Record<Server, { vps: string; router: string }> = {
  a: { vps: 'fd00:99:1::1', router: 'fd00:99:1::2' },
  b: { vps: 'fd00:99:2::1', router: 'fd00:99:2::2' },
};
export const LAN_NET6 = 'fd00:50::/64';
export const ROUTER_LAN_ADDRESS6 = 'fd00:50::1';

/** The client has many addresses, so that a share of *clients* is a share of flows: the router keeps one client on one exit. */
const CLIENTS = 100;
export const CLIENT_ADDRESSES: readonly string[] = Array.from({ length: CLIENTS }, (_, index) => `192.168.50.${index + 2}`);
export const CLIENT_ADDRESSES6: readonly string[] = Array.from({ length: CLIENTS }, (_, index) => `fd00:50::${(index + 2).toString(16)}`);

export function vpsNamespace(server: Server): string {
  return `vps-${server}`;
}

/** Which server a source address belongs to; undefined: the packet leaked past the tunnels. */
export function serverOf(address: string): Server | undefined {
  return SERVERS.find((server) => VPS_ADDRESS[server] === address || VPS_ADDRESS6[server] === address);
}

/** Builds all namespaces, cables, addresses and plain routes: everything that exists before the tunnels. */
export async function buildTopology(): Promise<void> {
  await run(
    ['ip', '-batch', '-'],
    `link set lo up\nlink add ${CORE} type bridge\naddress add ${LAB_ADDRESS}/24 dev ${CORE}\nlink set ${CORE} up\n`,
  );
  await Promise.all([
    ...['client', 'edge', 'inet'].map((name) => addNamespace(name)),
    ...['router', 'isp1', 'isp2', 'vps-a', 'vps-b'].map((name) => addNamespace(name, true)),
  ]);
  await Promise.all([
    buildLan(),
    buildWan(1),
    buildWan(2),
    ...SERVERS.map(buildVps),
    plug('edge', EDGE_ADDRESS),
    plug('inet', INET_ADDRESS),
  ]);
}

async function plug(namespace: string, address: string): Promise<void> {
  const host = address.split('.').at(-1);
  await plugInto(CORE, { namespace, device: CORE, addresses: [`${address}/24`, `fd00:90::${host}/64`] });
}

async function buildLan(): Promise<void> {
  await cable(
    {
      namespace: 'client',
      device: 'lan',
      addresses: [...CLIENT_ADDRESSES.map((address) => `${address}/24`), ...CLIENT_ADDRESSES6.map((address) => `${address}/64`)],
    },
    { namespace: 'router', device: 'lan', addresses: [`${ROUTER_LAN_ADDRESS}/24`, `${ROUTER_LAN_ADDRESS6}/64`] },
  );
  await route('client', `default via ${ROUTER_LAN_ADDRESS}`);
  await route('client', `default via ${ROUTER_LAN_ADDRESS6}`);
}

async function buildWan(index: 1 | 2): Promise<void> {
  const isp = `isp${index}`;
  await cable(
    { namespace: 'router', device: `wan${index}`, addresses: [`10.${index}.0.2/24`, `fd00:${index}::2/64`] },
    { namespace: isp, device: 'down', addresses: [`10.${index}.0.1/24`, `fd00:${index}::1/64`] },
  );
  await plug(isp, `10.90.0.${index + 1}`);
  await route('router', `default via 10.${index}.0.1 dev wan${index} metric ${index * 100}`);
  await route('router', `default via fd00:${index}::1 dev wan${index} metric ${index * 100}`);
  await route(isp, `${LAN_NET} via 10.${index}.0.2`);
  await route(isp, `${LAN_NET6} via fd00:${index}::2`);
  await masquerade(isp, CORE);
}

async function buildVps(server: Server): Promise<void> {
  await plug(vpsNamespace(server), VPS_ADDRESS[server]);
  await masquerade(vpsNamespace(server), CORE);
}

/** The VPS is gone for everybody: the router's tunnel, the edge's probes, its own packets. */
export function blackholeVps(server: Server): Promise<void> {
  return blackhole(vpsNamespace(server), CORE);
}

export function healVps(server: Server): Promise<void> {
  return heal(vpsNamespace(server));
}

export const WANS = ['wan1', 'wan2'] as const;
export type Wan = (typeof WANS)[number];

export const WAN_ADDRESS: Record<Wan, string> = { wan1: '10.1.0.2', wan2: '10.2.0.2' };

const ispOf = (wan: Wan) => (wan === 'wan1' ? 'isp1' : 'isp2');

/** One line of the router goes dead at the ISP: it keeps its carrier and its routes, and nothing answers. */
export function blackholeWan(wan: Wan): Promise<void> {
  return blackhole(ispOf(wan), 'down');
}

export function healWan(wan: Wan): Promise<void> {
  return heal(ispOf(wan));
}

/** What wan1's provider gives: the first is what the lab begins with. */
export const LEASES = {
  first: { address: '10.1.0.2', gateway: '10.1.0.1' },
  other: { address: '10.1.7.77', gateway: '10.1.7.254' },
} as const;
export type Lease = keyof typeof LEASES;

/** Another lease for wan1, as a DHCP client would put it in place: its device is up then, and nothing answers at the old gateway. IPv6 is as it was. */
export async function setLease(lease: Lease): Promise<void> {
  const { address, gateway } = LEASES[lease];
  const ip = (namespace: string, words: string) => run(['ip', '-n', namespace, ...words.split(' ')]);
  await ip('isp1', '-4 address flush dev down');
  await ip('isp1', `address add ${gateway}/24 dev down`);
  await ip('isp1', `route add ${LAN_NET} via ${address}`);
  await ip('router', '-4 address flush dev wan1');
  await ip('router', `address add ${address}/24 dev wan1`);
  await ip('router', 'link set wan1 up');
  await ip('router', `route replace default via ${gateway} dev wan1 metric 100`);
  await ip('router', 'address replace fd00:1::2/64 dev wan1 nodad');
  await ip('router', '-6 route replace default via fd00:1::1 dev wan1 metric 100');
}

/** The VPS forwards as before, but what it forwards comes out at another address than its own. */
export async function moveExit(server: Server): Promise<void> {
  await run(['ip', '-n', vpsNamespace(server), 'address', 'add', `${OTHER_EXIT}/24`, 'dev', CORE]);
  await nft(
    vpsNamespace(server),
    `table ip elsewhere {
      chain post {
        type nat hook postrouting priority 90;
        oifname "${CORE}" ip saddr != ${VPS_ADDRESS[server]} snat to ${OTHER_EXIT};
      }
    }`,
  );
}

export async function restoreExit(server: Server): Promise<void> {
  await nft(vpsNamespace(server), 'delete table ip elsewhere');
  await run(['ip', '-n', vpsNamespace(server), 'address', 'del', `${OTHER_EXIT}/24`, 'dev', CORE]);
}

/** Both lines of the router go dead at the ISPs: it keeps its carrier and its routes, and nothing answers. */
export async function blackholeUplinks(): Promise<void> {
  await Promise.all(WANS.map(blackholeWan));
}

export async function healUplinks(): Promise<void> {
  await Promise.all(WANS.map(healWan));
}
