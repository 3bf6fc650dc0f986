import { parseHeartbeat } from '../heartbeat/address.ts';
import { echoProber } from '../heartbeat/echo.ts';
import { type Monitor, type PathState, RISE_ANSWERS, startMonitor } from '../heartbeat/monitor.ts';
import type { Watcher } from '../heartbeat/sampler.ts';
import { tcpProber } from '../heartbeat/tcp.ts';
import type { Base } from './base.ts';
import type { Head } from './head.ts';
import type { Upkeep } from './upkeep.ts';

/** One monitor a tunnel; the answer are those whose device's counters can be watched. */
export function startHeartbeats(base: Base, head: Head, upkeep: Upkeep): Watcher[] {
  return base.config.tunnel.flatMap((tunnel) => {
    const monitor = heartbeatOf(tunnel, base, head, upkeep);
    base.monitors.set(tunnel.server, monitor);
    return tunnel.device === undefined ? [] : [{ device: tunnel.device, sample: monitor.sample }];
  });
}

function heartbeatOf(tunnel: Base['config']['tunnel'][number], base: Base, head: Head, upkeep: Upkeep): Monitor {
  const { config, council, counters, dataPlane, monitors, log } = base;
  const { server, device } = tunnel;
  const target = parseHeartbeat(tunnel.heartbeat);
  if (target === null) throw new Error(`the heartbeat of ${server} passed the check and cannot be read`);
  return startMonitor({
    intervalMs: config.heartbeat.interval_ms,
    idleIntervalMs: config.heartbeat.idle_interval_ms,
    misses: config.heartbeat.misses,
    probe: tunnel.driver === 'simulated' ? echoProber(target) : tcpProber(target, () => dataPlane.sourceOf(server)),
    clock: base.clock,
    counters: () => (device === undefined ? null : (counters.read()?.get(device) ?? null)),
    onChange: (alive, state) => void pathChanged(server, alive, state),
    onSuspect: () => {
      log.debug(`${server}: suspected`);
      council.suspected(server);
    },
    onSettled: () => council.settled(server),
    onExhausted: () => {
      council.exhausted();
      if (monitors.get(server)?.isExhausted()) log.info(`${server}: silent; no other path has proven yet that it is not the router itself`);
    },
    onHeard: council.heard,
    riseAnswers: () => (carriesAlone(base, head, server) ? 1 : RISE_ANSWERS),
  });

  async function pathChanged(changed: string, alive: boolean, state: PathState): Promise<void> {
    await head.agent.pathChanged(changed, alive);
    noteUplink(base);
    head.checkNewExit();
    if (alive) head.exits.check(changed);
    log.info(alive ? `${changed}: path alive` : `${changed}: path dead${state.trouble === null ? '' : ` (${state.trouble})`}`);
    if (!alive) await upkeep.reconcile();
  }
}

/** Everything is dead, and this is where traffic waits: reviving it moves nothing, and so it must not come second to another path. */
function carriesAlone({ servers, pathOf }: Base, { agent }: Head, server: string): boolean {
  const weight = agent.carry()?.weights[server] ?? 0;
  return weight > 0 && servers.every((other) => pathOf(other).alive === false);
}

/** Nothing is moved then, and people should know that it is no oversight. */
function noteUplink({ servers, pathOf, problems }: Base): void {
  if (servers.some((server) => pathOf(server).alive !== false)) problems.clear('uplink-down');
  else
    problems.set({
      kind: 'uplink-down',
      message: 'no server answers, by no tunnel and by no WAN: traffic stays where it is until one does',
    });
}
