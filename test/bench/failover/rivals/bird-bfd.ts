import { writeFileSync } from 'node:fs';
import { type Daemon, inside, LAB_DIR, run, start, waitFor } from '../../../lab/processes.ts';
import { TUNNEL_NET, vpsNamespace } from '../../../lab/topology.ts';
import { type Contender, stopAll } from '../contender.ts';
import { deviceOf, layWays, prefersA, removeWays, TABLE } from '../ways.ts';

/**
 * BFD through the tunnel between BIRD on the router and BIRD on the VPS: the fastest detection that a router offers off the shelf. The route by `a` is a
 * static one that follows the session; BIRD withdraws it from the kernel in the moment in which the session goes down, and the one by `b` is there.
 */
export function birdBfd(intervalMs: number, multiplier: number): Contender {
  return {
    name: `BIRD BFD ${intervalMs} ms × ${multiplier}`,
    periodMs: intervalMs,
    async start() {
      await layWays();
      const timing = { intervalMs, multiplier };
      const daemons = [launch('vps', vpsNamespace('a'), vpsConfig(timing)), launch('router', 'router', routerConfig(timing))];
      await waitFor('the BFD session to be up', sessionUp);
      await prefersA();
      return {
        async stop() {
          await stopAll(daemons);
          await removeWays();
        },
      };
    },
  };
}

interface Timing {
  intervalMs: number;
  multiplier: number;
}

const socketOf = (name: string) => `${LAB_DIR}/bird-${name}.ctl`;

function launch(name: string, namespace: string, config: string): Daemon {
  const file = `${LAB_DIR}/bird-${name}.conf`;
  writeFileSync(file, config);
  return start(`bird-${name}`, namespace, ['bird', '-f', '-c', file, '-s', socketOf(name)]);
}

async function sessionUp(): Promise<boolean> {
  return isUp(await run(inside('router', ['birdc', '-s', socketOf('router'), 'show', 'bfd', 'sessions'])));
}

/** Reads `show bfd sessions`: the one with the VPS is up. */
export function isUp(sessions: string): boolean {
  return sessions.split('\n').some((line) => line.startsWith(TUNNEL_NET.a.vps) && /\bUp\b/.test(line));
}

function bfd(device: string, { intervalMs, multiplier }: Timing, neighbor = ''): string {
  return `protocol device {
}
protocol bfd {
  interface "${device}" {
    min rx interval ${intervalMs} ms;
    min tx interval ${intervalMs} ms;
    multiplier ${multiplier};
  };${neighbor}
}
`;
}

export function vpsConfig(timing: Timing): string {
  const { vps, router } = TUNNEL_NET.a;
  return `router id ${vps};
${bfd('vpswga', timing, `\n  neighbor ${router} dev "vpswga";`)}`;
}

export function routerConfig(timing: Timing): string {
  const { vps, router } = TUNNEL_NET.a;
  return `router id ${router};
ipv4 table lan;
${bfd(deviceOf('a'), timing)}protocol static {
  ipv4 {
    table lan;
  };
  route 0.0.0.0/0 via ${vps} bfd {
    krt_metric = 10;
  };
}
protocol kernel {
  kernel table ${TABLE};
  metric 10;
  ipv4 {
    table lan;
    export all;
  };
}
`;
}
