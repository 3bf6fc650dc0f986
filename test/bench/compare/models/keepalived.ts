import type { System } from '../system.ts';
import { SERVERS } from '../world/episode.ts';
import { firstUp, Router } from './router.ts';

const INTERVAL_MS = 1000;
const FALL = 3;
const RISE = 3;
/** The standby's Skew_Time with priority 100 and adverts each second (RFC 9568 §6.1). */
const SKEW_MS = 609;

/** Two keepalived instances, each with a script that pings its own server once a second; preemption as by default. */
export const keepalived: System = {
  id: 'keepalived',
  name: 'keepalived',
  rule: `\`track_script\` each ${INTERVAL_MS / 1000} s (a ping with 1 s to answer), \`fall ${FALL}\`, \`rise ${RISE}\` (the defaults would be 1 and 1), weight 0: the instance goes to FAULT and gives its address up, and the standby takes it after its Skew_Time (${SKEW_MS} ms). It is taken back as soon as the script has risen.`,
  sources: [
    'keepalived.conf(5): vrrp_script, track_script',
    'RFC 9568 §6.1',
    'the vrrp_script example of Red Hat solution 7079761 (fall 3, rise 3)',
  ],
  start(place) {
    const router = new Router(place);
    const up = { a: true, b: true };
    let taking = (): void => undefined;
    const elect = (waitMs: number): void => {
      taking();
      const winner = firstUp(up);
      if (winner === null) router.use(null);
      else taking = router.after(waitMs, () => router.use(winner));
    };
    for (const [i, server] of SERVERS.entries()) {
      let inRow = 0;
      const heard = (ok: boolean): void => {
        inRow = ok === up[server] ? 0 : inRow + 1;
        if (inRow < (ok ? RISE : FALL)) return;
        inRow = 0;
        up[server] = ok;
        if (server === 'a' || !up.a) elect(ok ? 0 : SKEW_MS);
      };
      router.after(i * 310, () =>
        router.every(INTERVAL_MS, () => {
          router.ping(server, INTERVAL_MS, (rttMs) => heard(rttMs !== null));
          return inRow === 0 && up[server] ? 'settled' : 'busy';
        }),
      );
    }
  },
};
