import { writeFileSync } from 'node:fs';
import { inside, LAB_DIR, run, start, waitFor } from './processes.ts';
import { LAN_NET, LAN_NET6, type Server, TUNNEL_NET, TUNNEL_NET6, VPS_ADDRESS, VPS_ADDRESS6, vpsNamespace } from './topology.ts';

export const WG_PORT = 51820;

/** The router's end of one tunnel, as its owner would write it: what the agent's driver is given. */
export interface RouterTunnel {
  server: Server;
  driver: 'wireguard' | 'openvpn' | 'command';
  /** Unique over all namespaces of the lab: wireguard-go's sockets in /run/wireguard are not per namespace. */
  device: string;
  configFile?: string;
  /** More lines of its [[tunnel]]. */
  keys?: readonly string[];
  /** The VPS's address inside the tunnel, which answers heartbeats. */
  heartbeat: string;
}

/** Sets both ends up as far as the agent does not. */
export type TunnelBuilder = (server: Server) => Promise<RouterTunnel>;

interface KeyPair {
  secret: string;
  open: string;
}

async function keyPair(): Promise<KeyPair> {
  const secret = (await run(['wg', 'genkey'])).trim();
  return { secret, open: (await run(['wg', 'pubkey'], secret)).trim() };
}

/**
 * Sets the VPS's end up (it must stand before the router's first handshake: a first packet that is lost costs 5 s) and writes the config of the
 * router's end, with an endpoint of this IP version.
 */
export const wireguardBy =
  (version: 4 | 6): TunnelBuilder =>
  (server) =>
    build(server, version);

export const buildTunnel = wireguardBy(4);

async function build(server: Server, version: 4 | 6): Promise<RouterTunnel> {
  const [vps, router] = await Promise.all([keyPair(), keyPair()]);
  await startVpsEnd(server, vps, router);
  const configFile = `${LAB_DIR}/wg${server}.conf`;
  writeFileSync(configFile, routerConfig(server, vps, router, version), { mode: 0o600 });
  return { server, driver: 'wireguard', device: `wg${server}`, configFile, heartbeat: TUNNEL_NET[server].vps };
}

async function startVpsEnd(server: Server, vps: KeyPair, router: KeyPair): Promise<void> {
  const namespace = vpsNamespace(server);
  const device = `vpswg${server}`;
  start(`wireguard-${server}`, namespace, ['wireguard-go', device], { env: { WG_PROCESS_FOREGROUND: '1' } });
  await waitFor(`the device ${device}`, () => run(['ip', '-n', namespace, 'link', 'show', device]));
  const allowed = `${TUNNEL_NET[server].router}/32, ${LAN_NET}, ${TUNNEL_NET6[server].router}/128, ${LAN_NET6}`;
  const config = `[Interface]\nPrivateKey = ${vps.secret}\nListenPort = ${WG_PORT}\n[Peer]\nPublicKey = ${router.open}\nAllowedIPs = ${allowed}\n`;
  const configFile = `${LAB_DIR}/${device}.conf`;
  writeFileSync(configFile, config, { mode: 0o600 });
  await run(inside(namespace, ['wg', 'setconf', device, configFile]));
  const commands = [
    `address add ${TUNNEL_NET[server].vps}/24 dev ${device}`,
    `address add ${TUNNEL_NET6[server].vps}/64 dev ${device}`,
    `link set ${device} mtu 1420 up`,
    `route add ${LAN_NET} dev ${device}`,
    `route add ${LAN_NET6} dev ${device}`,
  ];
  await run(['ip', '-n', namespace, '-batch', '-'], `${commands.join('\n')}\n`);
}

function routerConfig(server: Server, vps: KeyPair, router: KeyPair, version: 4 | 6): string {
  const host = version === 4 ? VPS_ADDRESS[server] : `[${VPS_ADDRESS6[server]}]`;
  return `[Interface]
PrivateKey = ${router.secret}
Address = ${TUNNEL_NET[server].router}/24, ${TUNNEL_NET6[server].router}/64
MTU = 1420
Table = off

[Peer]
PublicKey = ${vps.open}
Endpoint = ${host}:${WG_PORT}
AllowedIPs = 0.0.0.0/0, ::/0
PersistentKeepalive = 25
`;
}
