import type { System } from '../system.ts';
import type { Server } from '../world/episode.ts';
import { Router } from './router.ts';

/** `--max-time` of curl and `-w` of ping, seconds between tries, tries (the loop runs while k ≤ 3), seconds between rounds. */
const TIMEOUT_MS = 10_000;
const BETWEEN_TRIES_MS = 1000;
const TRIES = 4;
const INTERVAL_MS = 10_000;
/** From the switch until the cold standby carries traffic, as users measured it. */
const COLD_START_MS = 54_000;

/** OpenMPTCProuter's server tracker with one WAN, as its script says: the API of the master, then a ping of it, and only when all tries failed the backup. */
export const omr: System = {
  id: 'omr',
  name: 'OMR tracker',
  rule: `Each round asks the master's API (HTTPS on 65500) up to ${TRIES} times with ${TIMEOUT_MS / 1000} s each and 1 s between, then pings it as often; only then the backup is asked the same way and its services are started (${COLD_START_MS / 1000} s). The next round begins ${INTERVAL_MS / 1000} s later. The first good answer of the master sets it back, without hold-down.`,
  sources: [
    'Ysurac/openmptcprouter-feeds, omr-tracker/files/bin/omr-tracker-server and files/etc/uci-defaults/omr-tracker',
    'OpenMPTCProuter issue 3205 (88 s, and 54 s until the standby carried)',
  ],
  start(place) {
    const router = new Router(place);
    let current: Server = 'a';
    let starting = (): void => undefined;

    function attempts(ask: (done: (ok: boolean) => void) => void, done: (ok: boolean) => void, left = TRIES): void {
      ask((ok) => router.after(BETWEEN_TRIES_MS, () => (ok || left === 1 ? done(ok) : attempts(ask, done, left - 1))));
    }

    function check(server: Server, done: (ok: boolean) => void): void {
      const api = (answer: (ok: boolean) => void) => router.connect(server, TIMEOUT_MS, answer);
      const ping = (answer: (ok: boolean) => void) => router.ping(server, TIMEOUT_MS, (rttMs) => answer(rttMs !== null));
      attempts(api, (ok) => (ok ? done(true) : attempts(ping, done)));
    }

    function choose(server: Server): void {
      if (server === current) return;
      current = server;
      starting();
      starting = router.after(server === 'a' ? 0 : COLD_START_MS, () => router.use(server));
    }

    function round(): void {
      const next = () => void router.after(INTERVAL_MS, round);
      check('a', (up) => {
        if (up) {
          choose('a');
          next();
          return;
        }
        check('b', (standbyUp) => {
          if (standbyUp) choose('b');
          next();
        });
      });
    }
    round();
  },
};
