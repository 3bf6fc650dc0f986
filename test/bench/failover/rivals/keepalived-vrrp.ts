import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Daemon, LAB_DIR, start, waitFor } from '../../../lab/processes.ts';
import { TUNNEL_NET, vpsNamespace } from '../../../lab/topology.ts';
import { type Contender, stopAll } from '../contender.ts';
import { deviceOf, layWays, prefersA, removeWays, TABLE, WINS } from '../ways.ts';
import { keepalived } from './keepalived.ts';

const MASTER_PRIORITY = 254;
/** High, for Skew_Time's sake: the backup takes over as early as VRRP allows. */
const BACKUP_PRIORITY = 253;
/** Nobody's own: VRRP wants an address that moves. */
const VIRTUAL_ADDRESS = '10.99.1.100';

/**
 * VRRP through the tunnel: the VPS is the master, the router its backup, which takes over when it hears no more adverts (three of them, and Skew_Time).
 * Then keepalived itself puts its `virtual_route` by `b` before the one by `a`, over netlink: no script is started.
 */
export function keepalivedVrrp(advertMs: number): Contender {
  return {
    name: `keepalived VRRP, adverts ${advertMs} ms`,
    periodMs: advertMs,
    async start() {
      await layWays({ both: true });
      const master = launch('master', vpsNamespace('a'), advertMs);
      await says(master, 'Entering MASTER STATE');
      const backup = launch('backup', 'router', advertMs);
      await says(backup, 'Entering BACKUP STATE');
      await hears(backup, advertMs);
      await prefersA();
      return {
        async stop() {
          await stopAll([backup, master]);
          await removeWays();
        },
      };
    },
  };
}

type Role = 'master' | 'backup';
let launches = 0;

function launch(role: Role, namespace: string, advertMs: number): Daemon {
  const name = `vrrp-${role}-${++launches}`;
  const file = `${LAB_DIR}/${name}.conf`;
  writeFileSync(file, vrrpConfig(role, advertMs));
  return start(name, namespace, keepalived(file, name));
}

async function says(daemon: Daemon, words: string): Promise<void> {
  await waitFor(`${daemon.name} to say "${words}"`, () => daemon.log().includes(words));
}

/** A backup that is still one after more than its deadline hears the master. */
async function hears(backup: Daemon, advertMs: number): Promise<void> {
  await pause(5 * advertMs);
  if (backup.log().includes('Entering MASTER STATE')) throw new Error(`${backup.name} does not hear the VPS: ${backup.log()}`);
}

export function vrrpConfig(role: Role, advertMs: number): string {
  const { vps, router } = TUNNEL_NET.a;
  const [device, own, peer] = role === 'master' ? ['vpswga', vps, router] : [deviceOf('a'), router, vps];
  const routes = `
  virtual_routes {
    default dev ${deviceOf('b')} metric ${WINS} table ${TABLE}
  }`;
  return `global_defs {
  vrrp_version 3
}
vrrp_instance a {
  state ${role.toUpperCase()}
  interface ${device}
  virtual_router_id 51
  priority ${role === 'master' ? MASTER_PRIORITY : BACKUP_PRIORITY}
  advert_int ${advertMs / 1000}
  unicast_src_ip ${own}
  unicast_peer {
    ${peer}
  }
  virtual_ipaddress {
    ${VIRTUAL_ADDRESS}/32 dev lo
  }${role === 'backup' ? routes : ''}
}
`;
}
