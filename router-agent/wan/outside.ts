import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import type { HeartbeatAddress } from '../heartbeat/address.ts';
import { type Monitor, type PathState, startMonitor } from '../heartbeat/monitor.ts';
import type { Prober } from '../heartbeat/prober.ts';

/** The VPSs as each WAN sees them, outside of the tunnels. */
export interface Outside {
  state(wan: string, server: string): PathState;
  /** Since when it is alive or dead; null: there is no evidence. */
  since(wan: string, server: string): number | null;
  /** How many probes sent at `since` or later were answered in time. */
  provenSince(wan: string, server: string, since: number): number;
  patienceMs(wan: string, server: string): number;
  ask(wan: string, server: string): void;
  stop(): void;
}

export interface OutsideOptions {
  wans: readonly string[];
  servers: readonly string[];
  misses: number;
  clock: Clock;
  /** Where a server is asked; null: not known. */
  targetOf(server: string): HeartbeatAddress | null;
  /** The WAN's own address; null: it has none now. */
  addressOf(wan: string, family: 4 | 6): string | null;
  onChange(wan: string, server: string, alive: boolean): void;
  /** Somebody answered. */
  onHeard(): void;
  /** What asks a target from an address of ours. */
  prober(target: HeartbeatAddress, localAddress: string): Prober;
}

/** Of a path that is well: 8,640 questions a day, about 2 MB. A dead WAN that carries a tunnel is noticed by the tunnel's own silence. */
const IDLE_INTERVAL_MS = 10_000;
/** Of one that is unsettled or dead: the way back is noticed in seconds. */
const INTERVAL_MS = 500;
/** So many clean answers revive it; how long it must stay well before it is used again is another's business. */
const RISE = 3;
/** A server that has never answered by any WAN has a firewall that swallows our questions. They are not repeated each second. */
const SWALLOWED_INTERVAL_MS = 60_000;
const SWALLOWED_AFTER_MS = 10_000;

const UNHEARD: PathState = { alive: null, rttMs: null, loss: 0, heardAt: null, trouble: null };

/** Asks each VPS by each WAN, outside of the tunnels: a TCP connection attempt, which a refusal answers as well. */
export function startOutside(options: OutsideOptions): Outside {
  const { clock } = options;
  const monitors = new Map<string, Monitor>();
  const changedAt = new Map<string, number>();
  const answering = new Set<string>();
  const key = (wan: string, server: string) => `${wan} ${server}`;

  function probeOf(wan: string, server: string): Prober {
    let askedAt: number | null = null;
    let firstAt: number | null = null;
    return (answer) => {
      const now = clock.now();
      const target = options.targetOf(server);
      const address = target === null ? null : options.addressOf(wan, isIPv6(target.host) ? 6 : 4);
      if (target === null || address === null) return clock.after(0, () => answer({ ok: false, reason: 'the WAN has no address' }));
      firstAt ??= now;
      const swallowed = !answering.has(server) && now - firstAt > SWALLOWED_AFTER_MS;
      if (swallowed && askedAt !== null && now - askedAt < SWALLOWED_INTERVAL_MS)
        return clock.after(0, () => answer({ ok: false, reason: 'it never answers' }));
      askedAt = now;
      return options.prober(
        target,
        address,
      )((result) => {
        if (result.ok) answering.add(server);
        answer(result);
      });
    };
  }

  function start(wan: string, server: string): Monitor {
    return startMonitor({
      intervalMs: INTERVAL_MS,
      idleIntervalMs: IDLE_INTERVAL_MS,
      misses: options.misses,
      sparse: true,
      clock,
      probe: probeOf(wan, server),
      riseAnswers: () => RISE,
      onHeard: options.onHeard,
      onChange(alive) {
        changedAt.set(key(wan, server), clock.now());
        options.onChange(wan, server, alive);
      },
    });
  }

  for (const wan of options.wans) for (const server of options.servers) monitors.set(key(wan, server), start(wan, server));
  const of = (wan: string, server: string) => monitors.get(key(wan, server));
  return {
    state: (wan, server) => of(wan, server)?.state() ?? UNHEARD,
    since: (wan, server) => changedAt.get(key(wan, server)) ?? null,
    provenSince: (wan, server, since) => of(wan, server)?.provenSince(since) ?? 0,
    patienceMs: (wan, server) => of(wan, server)?.patienceMs() ?? 0,
    ask: (wan, server) => of(wan, server)?.ask(),
    stop() {
      for (const monitor of monitors.values()) monitor.stop();
    },
  };
}
