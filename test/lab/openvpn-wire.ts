import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { inside, LAB_DIR, run, start, waitFor } from './processes.ts';
import { type Server, TUNNEL_NET, VPS_ADDRESS, vpsNamespace } from './topology.ts';
import type { RouterTunnel, TunnelBuilder } from './wire.ts';

const PORT = 1194;
/** Subflows beyond the first, at the VPS: as docs/DRIVERS.md asks for, with a subflow that is given up soon. */
const SUBFLOWS = ['subflow', '8', 'add_addr_accepted', '8'];

interface Identity {
  key: string;
  certificate: string;
  fingerprint: string;
}

/** An OpenVPN tunnel; over TCP both ends use MPTCP unless told not to. */
export function openvpnTunnel(transport: 'udp' | 'tcp', { mptcp = transport === 'tcp' } = {}): TunnelBuilder {
  return async (server) => {
    const [vps, router] = await Promise.all([identity(server, 'vps'), identity(server, 'router')]);
    await startVpsEnd(server, transport, mptcp, vps, router);
    const configFile = `${LAB_DIR}/openvpn-${server}.ovpn`;
    writeFileSync(configFile, clientFile(server, transport, vps, router), { mode: 0o600 });
    const tunnel: RouterTunnel = { server, driver: 'openvpn', device: `tun${server}`, configFile, heartbeat: TUNNEL_NET[server].vps };
    return transport === 'tcp' ? { ...tunnel, keys: [`mptcp = ${mptcp}`] } : tunnel;
  };
}

/** A key with a certificate of its own: each end knows the other by its fingerprint, so no authority is needed. */
async function identity(server: Server, end: string): Promise<Identity> {
  const folder = `${LAB_DIR}/identities`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [key, certificate] = [`${folder}/${server}-${end}.key`, `${folder}/${server}-${end}.crt`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${server}-${end}`];
  await run(['openssl', 'req', '-x509', ...curve, '-keyout', key, '-out', certificate]);
  const text = await run(['openssl', 'x509', '-in', certificate, '-noout', '-fingerprint', '-sha256']);
  return { key, certificate, fingerprint: text.trim().split('=')[1] ?? '' };
}

async function startVpsEnd(server: Server, transport: 'udp' | 'tcp', mptcp: boolean, vps: Identity, router: Identity): Promise<void> {
  const namespace = vpsNamespace(server);
  const device = `vpstun${server}`;
  const net = TUNNEL_NET[server];
  const folder = `${LAB_DIR}/openvpn-${server}`;
  mkdirSync(`${folder}/clients`, { recursive: true });
  writeFileSync(`${folder}/clients/DEFAULT`, `ifconfig-push ${net.router} 255.255.255.0\n`);
  const file = `${folder}/server.conf`;
  writeFileSync(
    file,
    `dev ${device}
dev-type tun
proto ${transport === 'udp' ? 'udp4' : 'tcp4-server'}
port ${PORT}
server ${net.vps.replace(/\d+$/, '0')} 255.255.255.0
topology subnet
client-config-dir ${folder}/clients
dh none
key ${vps.key}
cert ${vps.certificate}
peer-fingerprint ${router.fingerprint}
keepalive 2 8
persist-tun
`,
  );
  if (mptcp) {
    await run(['ip', '-n', namespace, 'mptcp', 'limits', 'set', ...SUBFLOWS]);
    await run(inside(namespace, ['sysctl', '-qw', 'net.mptcp.stale_loss_cnt=1']));
  }
  start(`openvpn-${server}`, namespace, [...(mptcp ? ['mptcpize', 'run'] : []), 'openvpn', '--config', file]);
  await waitFor(`the device ${device}`, async () => (await run(['ip', '-n', namespace, 'addr', 'show', device])).includes(net.vps));
}

function clientFile(server: Server, transport: 'udp' | 'tcp', vps: Identity, router: Identity): string {
  return `client
dev tun
proto ${transport === 'udp' ? 'udp4' : 'tcp4-client'}
remote ${VPS_ADDRESS[server]} ${PORT}
nobind
peer-fingerprint ${vps.fingerprint}
<key>
${readFileSync(router.key, 'utf8')}</key>
<cert>
${readFileSync(router.certificate, 'utf8')}</cert>
`;
}
