import { inside, LAB_DIR, run, waitFor } from '../../lab/processes.ts';
import { SERVERS, type Server, TUNNEL_NET } from '../../lab/topology.ts';

/** Where rivals put the way of the LAN's traffic. */
export const TABLE = 100;
/** A route that a rival adds wins over one that is always there. */
export const WINS = 5;
const PREFERRED = 10;
const STANDBY = 20;

export const deviceOf = (server: Server) => `wg${server}`;

/**
 * Brings the router's ends of both tunnels up, once for the whole run: Farwatch adopts them as they are, and its teardown leaves them, for they
 * are not its own. So all contenders use the very same tunnels.
 */
export async function bringTunnelsUp(): Promise<void> {
  await Promise.all(SERVERS.map(bringUp));
}

async function bringUp(server: Server): Promise<void> {
  const device = deviceOf(server);
  const plain = `${LAB_DIR}/${device}.setconf`;
  await run(inside('router', ['wireguard-go', device]));
  await run(['sh', '-c', `wg-quick strip ${LAB_DIR}/${device}.conf > ${plain}`]);
  await run(inside('router', ['wg', 'setconf', device, plain]));
  await run(
    ['ip', '-n', 'router', '-batch', '-'],
    `address add ${TUNNEL_NET[server].router}/24 dev ${device}\nlink set ${device} mtu 1420 up\n`,
  );
  await waitFor(`${device} to answer`, async () => {
    await run(inside('router', ['fping', '-q', '-r', '0', '-t', '500', TUNNEL_NET[server].vps]));
    return true;
  });
}

/**
 * The rivals' common ground: what comes from the LAN looks into a table of its own, after the local networks. The way by `b` is always there, so that
 * to leave `a` takes no more than that a better route goes away; with `both` there is one by `a` before it.
 */
export async function layWays({ both = false } = {}): Promise<void> {
  const way = (server: Server, metric: number) => `route add default dev ${deviceOf(server)} metric ${metric} table ${TABLE}`;
  await batch([
    'rule add pref 90 lookup main suppress_prefixlength 0',
    `rule add pref 100 iif lan lookup ${TABLE}`,
    way('b', STANDBY),
    ...(both ? [way('a', PREFERRED)] : []),
  ]);
}

export async function removeWays(): Promise<void> {
  await batch(['rule del pref 90', 'rule del pref 100', `route flush table ${TABLE}`]);
}

async function batch(commands: readonly string[]): Promise<void> {
  await run(['ip', '-n', 'router', '-batch', '-'], `${commands.join('\n')}\n`);
}

/** Waits until the LAN's way is the one by `a`. */
export async function prefersA(): Promise<void> {
  await waitFor("the LAN's way by a", async () => {
    const best = await run(['ip', '-n', 'router', 'route', 'get', '198.51.100.1', 'from', '192.168.50.2', 'iif', 'lan']);
    return best.includes(`dev ${deviceOf('a')}`);
  });
}
