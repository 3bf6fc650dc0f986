import { writeFileSync } from 'node:fs';
import { LAB_DIR, start } from '../../../lab/processes.ts';
import { TUNNEL_NET } from '../../../lab/topology.ts';
import { type Contender, stopAll } from '../contender.ts';
import { deviceOf, layWays, prefersA, removeWays, TABLE, WINS } from '../ways.ts';
import { keepalived } from './keepalived.ts';

const INTERVAL_S = 1;
const FALL = 3;

/**
 * What most howtos give: keepalived on the router asks the VPS through the tunnel once a second and gives it up after three failures. The route by `a`
 * is a `virtual_route` of the instance: keepalived itself withdraws it over netlink in the moment of FAULT, without a script to be started.
 */
export const keepalivedScript: Contender = {
  name: `keepalived track_script ${INTERVAL_S} s, fall ${FALL}`,
  periodMs: INTERVAL_S * 1000,
  async start() {
    await layWays();
    const file = `${LAB_DIR}/keepalived-script.conf`;
    writeFileSync(file, scriptConfig());
    const daemon = start('keepalived-script', 'router', keepalived(file, 'script'));
    await prefersA();
    return {
      async stop() {
        await stopAll([daemon]);
        await removeWays();
      },
    };
  },
};

export function scriptConfig(): string {
  return `global_defs {
  script_user root
  enable_script_security
}
vrrp_script a_answers {
  script "/usr/bin/fping -q -r 0 -t ${INTERVAL_S * 1000} -I ${deviceOf('a')} ${TUNNEL_NET.a.vps}"
  interval ${INTERVAL_S}
  timeout ${INTERVAL_S}
  fall ${FALL}
  rise 1
}
vrrp_instance a {
  state MASTER
  interface lan
  virtual_router_id 50
  priority 200
  advert_int 1
  track_script {
    a_answers
  }
  virtual_routes {
    default dev ${deviceOf('a')} metric ${WINS} table ${TABLE}
  }
}
`;
}
