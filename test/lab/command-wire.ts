import { writeFileSync } from 'node:fs';
import { LAB_DIR } from './processes.ts';
import { type Server, TUNNEL_NET } from './topology.ts';
import { buildTunnel, type TunnelBuilder } from './wire.ts';

/** Between the device and its address: long enough to be killed in the middle, as seconds for `sleep`. */
const MIDDLE_S = 2;

/** The owner's script that makes a tunnel. */
export const scriptOf = (server: Server) => `${LAB_DIR}/tunnel-${server}`;

/** A tunnel that the router's owner brings up with a script of their own; the far end is as for WireGuard. */
export const commandTunnel: TunnelBuilder = async (server) => {
  const { device, configFile, heartbeat } = await buildTunnel(server);
  const script = scriptOf(server);
  writeFileSync(
    script,
    `#!/bin/sh
set -e
case $1 in
  up)
    wireguard-go ${device}
    sleep ${MIDDLE_S}
    wg-quick strip ${configFile} > ${script}.conf
    wg setconf ${device} ${script}.conf
    ip address add ${TUNNEL_NET[server].router}/24 dev ${device}
    ip link set ${device} mtu 1420 up
    ;;
  down) ip link del ${device} ;;
  status) test -n "$(ip -brief link show dev ${device} up)" ;;
esac
`,
    { mode: 0o700 },
  );
  const keys = ['up', 'down', 'status'].map((verb) => `${verb} = ["${script}", "${verb}"]`);
  return { server, driver: 'command', device, heartbeat, keys };
};
