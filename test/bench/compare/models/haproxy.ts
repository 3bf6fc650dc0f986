import type { System } from '../system.ts';
import { SERVERS } from '../world/episode.ts';
import { firstUp, Router } from './router.ts';

const INTER_MS = 2000;
const FALL = 3;
const RISE = 2;

/** HAProxy on the router with `server a … check` and `server b … check backup`: TCP checks, all values as by default. */
export const haproxy: System = {
  id: 'haproxy',
  name: 'HAProxy',
  rule: `A TCP connection each ${INTER_MS / 1000} s (\`inter\`), which must come about within as much; \`fall ${FALL}\`, \`rise ${RISE}\`. The backup is used only while the main server is down; with both down there is nobody (503).`,
  sources: ['HAProxy configuration manual §5.2: backup, fall, inter, rise; "timeout check" (absent: inter)'],
  start(place) {
    const router = new Router(place);
    const up = { a: true, b: true };
    for (const [i, server] of SERVERS.entries()) {
      let inRow = 0;
      const heard = (ok: boolean): void => {
        inRow = ok === up[server] ? 0 : inRow + 1;
        if (inRow < (ok ? RISE : FALL)) return;
        inRow = 0;
        up[server] = ok;
        router.use(firstUp(up));
      };
      router.after(i * 970, () =>
        router.every(INTER_MS, () => {
          router.connect(server, INTER_MS, heard);
          return inRow === 0 && up[server] ? 'settled' : 'busy';
        }),
      );
    }
  },
};
