import type { System } from '../system.ts';
import { SERVERS } from '../world/episode.ts';
import { firstUp, Router } from './router.ts';

const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 4000;
const DOWN = 5;
const UP = 5;

/** mwan3track with its defaults, one tracked interface a tunnel, each pinging its VPS; a failover policy with two metrics. */
export const mwan3: System = {
  id: 'mwan3',
  name: 'mwan3',
  rule: `One ping each ${INTERVAL_MS / 1000} s with ${TIMEOUT_MS / 1000} s to answer; ${DOWN} lost in a row take an interface offline, ${UP} answers in a row bring it back. With all members offline the policy's last resort is "unreachable".`,
  sources: [
    'openwrt/packages, net/mwan3/files/usr/sbin/mwan3track (its config_get defaults and its score)',
    'OpenWrt wiki, mwan3: last_resort',
  ],
  start(place) {
    const router = new Router(place);
    const online = { a: true, b: true };
    for (const [i, server] of SERVERS.entries()) {
      let score = DOWN + UP;
      const change = (up: boolean): void => {
        online[server] = up;
        router.use(firstUp(online));
      };
      const failed = (): void => {
        score -= 1;
        if (score < UP) score = 0;
        if (score !== UP) return;
        change(false);
        score = 0;
      };
      const answered = (): void => {
        score += 1;
        if (score === UP) change(true);
        if (score >= UP) score = DOWN + UP;
      };
      const turn = (): void =>
        router.ping(server, TIMEOUT_MS, (rttMs) => {
          if (rttMs === null) failed();
          else answered();
          router.after(INTERVAL_MS, turn);
        });
      router.after(i * 3100, turn);
    }
  },
};
