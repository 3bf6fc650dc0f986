import { parseConfig } from '../../../router-agent/config.ts';
import type { Lines } from '../../../router-agent/dataplane/lines.ts';
import { createCouncil } from '../../../router-agent/heartbeat/council.ts';
import { type Monitor, startMonitor } from '../../../router-agent/heartbeat/monitor.ts';
import type { Prober } from '../../../router-agent/heartbeat/prober.ts';
import { createLog } from '../../../router-agent/log.ts';
import { succeed } from '../../../router-agent/outcome.ts';
import { startWanCare, type WanCare } from '../../../router-agent/wan/care.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';

export const RETURN_S = 30;

const FILE = `edge = "https://edge.example"
site = "home"
token_file = "token"
lan = ["br-lan"]
[wan_return]
well_s = ${RETURN_S}
max_s = 900
[[wan]]
device = "wan1"
[[wan]]
device = "wan2"
[[tunnel]]
server = "a"
driver = "wireguard"
device = "wg0"
config = "wg0.conf"
heartbeat = "10.9.1.1"
[[tunnel]]
server = "b"
driver = "wireguard"
device = "wg1"
config = "wg1.conf"
heartbeat = "10.9.2.1"
`;

/** What is broken: devices of WANs, servers' hosts, servers' tunnels (the host lives), firewalls (questions outside are swallowed). */
export interface World {
  deadWans: Set<string>;
  deadServers: Set<string>;
  deadTunnels: Set<string>;
  firewalled: Set<string>;
  /** WANs without an address. */
  unplugged: Set<string>;
  /** DHCP has given it another address. */
  renumbered: Set<string>;
  /** `wan1 a`: only this way is broken. */
  deadWays: Set<string>;
}

export interface WanRig {
  clock: FakeClock;
  world: World;
  care: WanCare;
  /** What happened since the last look, in order: verdicts and moves. */
  happened: string[];
  /** WANs whose rules and routes were to be looked at. */
  lost: string[];
  /** WANs whose tunnels were told to forget its old address. */
  forgotten: string[];
  /** How often the ways to the edge may have changed. */
  ways(): number;
  boundTo(server: string): string | null;
  alive(server: string): boolean | null;
  /** Nothing inside of tunnels passes this WAN any more; all else does. */
  blockTunnels(wan: string): void;
  settle(ms: number): Promise<void>;
}

const RTT_MS: Record<string, number> = { wan1: 10, wan2: 25 };

/** Two WANs, two VPSs, real monitors, a real council; only the kernel and the network are made up. */
export function wanRig(): WanRig {
  const clock = fakeClock();
  const parsed = parseConfig(FILE, '/etc/farwatch/agent.toml');
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const world: World = {
    deadWans: new Set(),
    deadServers: new Set(),
    deadTunnels: new Set(),
    firewalled: new Set(),
    unplugged: new Set(),
    renumbered: new Set(),
    deadWays: new Set(),
  };
  const bound = new Map([
    ['a', 'wan1'],
    ['b', 'wan1'],
  ]);
  const blocked = new Set<string>();
  const lost: string[] = [];
  const forgotten: string[] = [];
  let ways = 0;
  const happened: string[] = [];
  const lines: Lines = {
    wans: ['wan1', 'wan2'],
    canBind: (server) => bound.has(server),
    boundTo: (server) => bound.get(server) ?? null,
    forgetSource: async (wan) => {
      forgotten.push(wan);
      return [];
    },
    endpointOf: (server) => (server === 'a' ? '203.0.113.1' : '203.0.113.2'),
    async bind(server, wan) {
      bound.set(server, wan);
      happened.push(`${server} → ${wan}`);
      return succeed(null);
    },
  };
  const passes = (wan: string, server: string) =>
    !world.deadWans.has(wan) && !world.unplugged.has(wan) && !world.deadServers.has(server) && !world.deadWays.has(`${wan} ${server}`);

  /** An answer after the round trip of the WAN that the question took, if the way was open at both ends of it. */
  const ask = (wanOf: () => string, server: string, swallows: () => boolean): Prober => {
    return (answer) => {
      const wan = wanOf();
      const lost = !passes(wan, server) || swallows();
      const end = clock.after(950, () => answer({ ok: false, reason: 'no answer' }));
      const back = lost
        ? () => undefined
        : clock.after(RTT_MS[wan] ?? 0, () => {
            if (!passes(wan, server)) return;
            end();
            answer({ ok: true });
          });
      return () => {
        end();
        back();
      };
    };
  };

  const monitors = new Map<string, Monitor>();
  let care: WanCare | null = null;
  const council = createCouncil(monitors, clock, {
    ask: (server) => care?.scout.ask(server),
    hint: (server, since) => care?.scout.hint(server, since),
    holds: (server, since) => care?.scout.holds(server, since) ?? false,
  });
  for (const server of ['a', 'b']) {
    monitors.set(
      server,
      startMonitor({
        intervalMs: 200,
        idleIntervalMs: 200,
        misses: 3,
        clock,
        probe: ask(
          () => bound.get(server) ?? '',
          server,
          () => world.deadTunnels.has(server) || blocked.has(bound.get(server) ?? ''),
        ),
        onChange: (alive) => happened.push(`${server} ${alive ? 'alive' : 'dead'}`),
        onSuspect: () => council.suspected(server),
        onSettled: () => council.settled(server),
        onExhausted: council.exhausted,
        onHeard: council.heard,
      }),
    );
  }
  care = startWanCare({
    config: parsed.config,
    lines,
    tunnels: monitors,
    addresses: (wan, family) =>
      family === 4 && !world.unplugged.has(wan) ? `${world.renumbered.has(wan) ? '198.51.100' : '192.0.2'}.${wan.at(-1)}` : null,
    prober: (target, address) =>
      ask(
        () => `wan${address.at(-1)}`,
        target.host === '203.0.113.1' ? 'a' : 'b',
        () => world.firewalled.has(target.host === '203.0.113.1' ? 'a' : 'b'),
      ),
    clock,
    log: createLog('error', { journald: false, write: () => undefined }),
    carries: (server) => server === 'a',
    review: council.heard,
    onNews: () => undefined,
    onLost: async (wan) => void lost.push(wan),
    onWan: () => undefined,
    onWays: () => {
      ways += 1;
    },
  });

  /** Time passes in small steps, so that what waits for a promise gets its turn. */
  async function settle(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5) {
      clock.advance(5);
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
    }
  }
  return {
    clock,
    world,
    care,
    happened,
    lost,
    forgotten,
    ways: () => ways,
    boundTo: lines.boundTo,
    alive: (server) => monitors.get(server)?.state().alive ?? null,
    blockTunnels: (wan) => void blocked.add(wan),
    settle,
  };
}
