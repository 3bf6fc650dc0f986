import { writeFileSync } from 'node:fs';
import { LAB_DIR, start } from '../../../lab/processes.ts';
import { TUNNEL_NET } from '../../../lab/topology.ts';
import { type Contender, stopAll } from '../contender.ts';
import { deviceOf, layWays, prefersA, removeWays, TABLE, WINS } from '../ways.ts';

const INTERVAL_S = 5;
const DOWN = 3;
const TIMEOUT_MS = 2000;

/**
 * mwan3's tracker (OpenWrt) as its sample configuration has it: one ping through the line each 5 s, given up after three failures. (Its built-in defaults,
 * 10 s and five failures, take a minute.) Kinder than mwan3 itself: all traffic is moved at once, where mwan3 leaves old flows marked onto the dead line.
 */
export const mwan3Like: Contender = {
  name: `mwan3-like tracker, ${INTERVAL_S} s × ${DOWN}`,
  periodMs: INTERVAL_S * 1000,
  async start() {
    await layWays();
    const file = `${LAB_DIR}/mwan3-like.sh`;
    writeFileSync(file, trackerScript());
    const daemon = start('mwan3-like', 'router', ['sh', file]);
    await prefersA();
    return {
      async stop() {
        await stopAll([daemon]);
        await removeWays();
      },
    };
  },
};

export function trackerScript(): string {
  const way = `default dev ${deviceOf('a')} metric ${WINS} table ${TABLE}`;
  return `up() { ip route replace ${way}; }
down() { ip route del ${way}; }
failed=0
up
while :; do
  if fping -q -r 0 -t ${TIMEOUT_MS} -I ${deviceOf('a')} ${TUNNEL_NET.a.vps} >/dev/null 2>&1; then
    failed=0
  else
    failed=$((failed + 1))
    [ $failed -ne ${DOWN} ] || down
  fi
  sleep ${INTERVAL_S}
done
`;
}
