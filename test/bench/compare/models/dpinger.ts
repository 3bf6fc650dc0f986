import type { System } from '../system.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import { firstUp, Router } from './router.ts';

const INTERVAL_MS = 500;
/** A ping counts as lost when it is this old without an answer. */
const LOSS_INTERVAL_MS = 2000;
const PERIOD_MS = 60_000;
const ALERT_INTERVAL_MS = 1000;
const LATENCY_HIGH_MS = 500;
const LOSS_HIGH = 0.2;
/** The alarm's script reloads the filter. */
const RELOAD_MS = 1000;

interface Ping {
  sentAt: number;
  rttMs: number | null;
}

/** pfSense's gateway monitoring with its defaults, one gateway a tunnel, in one group with two tiers, triggered by packet loss or high latency. */
export const dpinger: System = {
  id: 'dpinger',
  name: 'pfSense',
  rule: `dpinger pings each ${INTERVAL_MS / 1000} s and averages over ${PERIOD_MS / 1000} s, a ping being lost after ${LOSS_INTERVAL_MS / 1000} s; each second: more than ${LOSS_HIGH * 100} % lost, or more than ${LATENCY_HIGH_MS} ms on average, is down (and the filter reloads, ${RELOAD_MS / 1000} s). Below both it is up again. With all gateways down the group stays where it is.`,
  sources: ['docs.netgate.com, routing/gateway-configure (advanced settings)', 'dpinger.c: -s 500 -l 2000 -t 60000 -A 1000 -D 500 -L 20'],
  start(place) {
    const router = new Router(place);
    const up = { a: true, b: true };
    let reloading = (): void => undefined;
    for (const [i, server] of SERVERS.entries()) watch(server, i * 130);

    function watch(server: Server, phaseMs: number): void {
      let pings: Ping[] = [];
      const ask = (): void => {
        const ping: Ping = { sentAt: router.now(), rttMs: null };
        pings.push(ping);
        router.ping(server, PERIOD_MS, (rttMs) => {
          ping.rttMs = rttMs;
        });
      };
      const judge = (): void => {
        pings = pings.filter(({ sentAt }) => sentAt > router.now() - PERIOD_MS);
        change(server, isWell(pings, router.now()));
      };
      // Both at once, the asking twice as often. A full period of answers remembers no trouble, and is filled again before the next.
      let turns = 0;
      const turn = (): void => {
        ask();
        if (turns++ % (ALERT_INTERVAL_MS / INTERVAL_MS) === 1) judge();
        const settled =
          up[server] && pings.length >= PERIOD_MS / INTERVAL_MS && pings.every(({ rttMs }, i) => rttMs !== null || i === pings.length - 1);
        const restMs = settled ? router.quietMs() - PERIOD_MS : 0;
        if (restMs > 0) pings = [];
        router.after(INTERVAL_MS * Math.max(1, Math.floor(restMs / INTERVAL_MS)), turn);
      };
      router.after(phaseMs, turn);
    }

    function change(server: Server, well: boolean): void {
      if (up[server] === well) return;
      up[server] = well;
      const best = firstUp(up);
      reloading();
      if (best !== null) reloading = router.after(RELOAD_MS, () => router.use(best));
    }
  },
};

function isWell(pings: readonly Ping[], now: number): boolean {
  const known = pings.filter(({ sentAt, rttMs }) => rttMs !== null || sentAt <= now - LOSS_INTERVAL_MS);
  const answered = known.filter(({ rttMs }) => rttMs !== null);
  const loss = known.length === 0 ? 0 : 1 - answered.length / known.length;
  const latencyMs = answered.length === 0 ? 0 : answered.reduce((sum, { rttMs }) => sum + (rttMs ?? 0), 0) / answered.length;
  return loss <= LOSS_HIGH && latencyMs <= LATENCY_HIGH_MS;
}
