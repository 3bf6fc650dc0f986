import type { Clock } from '../../../../router-agent/clock.ts';
import { agentFileSchema } from '../../../../router-agent/config-schema.ts';
import { createCouncil } from '../../../../router-agent/heartbeat/council.ts';
import { type Monitor, type PathState, RISE_ANSWERS, startMonitor } from '../../../../router-agent/heartbeat/monitor.ts';
import type { Prober } from '../../../../router-agent/heartbeat/prober.ts';
import { startSampler } from '../../../../router-agent/heartbeat/sampler.ts';
import { SERVERS, type Server } from '../world/episode.ts';
import type { VirtualTime } from '../world/virtual-time.ts';
import { LOST, type World } from '../world/world.ts';
import { Traffic } from './traffic.ts';

const PROBE_BYTES = 60;
const ANSWER_BYTES = 40;
/** As tcp.ts: an answer may come this late. */
const LIFETIME_MS = 950;
/** The counters are read densely from so long before a change until so long after it. */
const BEFORE_MS = 4000;
const AFTER_MS = 30_000;
const SPARSE_MS = 2000;

/** What `[heartbeat]` is when the agent's file does not say. */
const SETTINGS = agentFileSchema.parse({
  edge: 'https://edge.example',
  site: 'home',
  token_file: '/token',
  tunnel: SERVERS.map((server, i) => ({ server, driver: 'existing', heartbeat: `10.0.${i}.1` })),
}).heartbeat;

export interface Heartbeats {
  stateOf(server: Server): PathState;
}

/** The real monitors, council and sampler of router-agent/heartbeat, wired as router-agent/running wires them. */
export function startHeartbeats(
  { world, time }: { world: World; time: VirtualTime },
  traffic: Traffic,
  onChange: (server: Server, alive: boolean) => void,
  carriesAlone: (server: Server) => boolean,
): Heartbeats {
  const monitors = new Map<Server, Monitor>();
  const council = createCouncil(monitors, time);
  for (const server of SERVERS) {
    const monitor = startMonitor({
      intervalMs: SETTINGS.interval_ms,
      idleIntervalMs: SETTINGS.idle_interval_ms,
      misses: SETTINGS.misses,
      clock: time,
      probe: prober(server),
      counters: () => traffic.countersOf(server),
      onChange: (alive) => onChange(server, alive),
      onSuspect: () => council.suspected(server),
      onSettled: () => council.settled(server),
      onExhausted: council.exhausted,
      onHeard: council.heard,
      riseAnswers: () => (carriesAlone(server) ? 1 : RISE_ANSWERS),
    });
    monitors.set(server, monitor);
  }
  const watchers = [...monitors].map(([server, { sample }]) => ({ device: Traffic.device(server), sample }));
  startSampler(sparseClock(), traffic, watchers);
  return { stateOf: (server) => monitors.get(server)?.state() ?? { alive: null, rttMs: null, loss: 0, heardAt: null, trouble: null } };

  function prober(server: Server): Prober {
    return (answer) => {
      traffic.sent(server, PROBE_BYTES);
      const rttMs = world.roundTrip(server, time.now(), 'probe');
      if (rttMs === LOST || rttMs > LIFETIME_MS) return time.after(LIFETIME_MS, () => answer({ ok: false, reason: 'no answer' }));
      return time.after(rttMs, () => {
        traffic.received(server, ANSWER_BYTES);
        answer({ ok: true });
      });
    };
  }

  /**
   * While nothing changes the sampler's sleep is long, and it does not know: counters that rise on a living path, or stand still on a dead one, say the
   * same at every reading. It is most of the agent's work.
   */
  function sparseClock(): Clock {
    let skippedMs = 0;
    const agreed = (now: number): boolean =>
      [...monitors].every(([server, monitor]) => monitor.state().alive === (world.roundTrip(server, now, 'probe') !== LOST));
    const sleepMs = (ms: number): number => {
      const now = time.now();
      const { since, until } = world.steady(now);
      const leftMs = until - now - BEFORE_MS;
      return leftMs > ms && now - since > AFTER_MS && agreed(now) ? Math.min(SPARSE_MS, leftMs) : ms;
    };
    return {
      now: () => time.now() - skippedMs,
      wall: () => time.wall(),
      after(ms, task) {
        const sleep = sleepMs(ms);
        return time.after(sleep, () => {
          skippedMs += sleep - ms;
          task();
        });
      },
    };
  }
}
