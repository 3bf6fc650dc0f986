import { readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import { normal } from '../conditions.ts';
import { PROGRAM } from '../install.ts';
import type { Lab } from '../lab.ts';
import { nft } from '../net.ts';
import { inside, run } from '../processes.ts';
import { EDGE_ADDRESS } from '../topology.ts';
import { WG_PORT } from '../wire.ts';
import { type Scenario, type TrialResult, unless } from './scenario.ts';

const MB = 1_000_000;
const LIMITS = { rssMb: 60, idlePercent: 1, busyPercent: 3, tunnelMbADay: 25, fileKb: 200 } as const;
/** The heartbeats of an idle path are seconds apart: a shorter look would count chance. */
const IDLE_MS = 60_000;
const BUSY_MS = 15_000;
/** Downloads and uploads, of 100 kB/s each: 64 Mbit/s together. */
const LOADS = 40;
const SETTLE_MS = 5_000;
/** Of the kernel's clock, in which it counts processor time. */
const TICKS_A_SECOND = 100;

export const footprint: Scenario = {
  name: 'footprint',
  story: `the installed agent with two tunnels, ${IDLE_MS / 1000} s without any traffic of clients, then ${BUSY_MS / 1000} s under ${LOADS} downloads and uploads`,
  promise: `at most ${LIMITS.rssMb} MB of memory, ${LIMITS.idlePercent} % of a core when idle and ${LIMITS.busyPercent} % under traffic, ${LIMITS.tunnelMbADay} MB a day through the tunnels when idle, a file of ${LIMITS.fileKb} KB`,
  fleet: { preemptDelayS: 1, soakS: 0.5 },
  agent: { installed: true },
  trials: { byHand: 1, inTests: 0, inCi: 0 },
  trial,
};

async function trial(lab: Lab): Promise<TrialResult> {
  const { tools, agent } = lab;
  await normal(lab);
  await tools.udp.stop();
  await pause(SETTLE_MS);
  await countLines();
  const idle = await cpuDuring(agent.pid(), () => pause(IDLE_MS));
  const lines = await countedOnLines();
  const idleRssMb = rssMb(agent.pid());
  for (let load = 0; load < LOADS; load++) await tools.flows.open(0, true, true);
  await pause(SETTLE_MS);
  const busy = await cpuDuring(agent.pid(), () => pause(BUSY_MS));
  const rss = Math.max(idleRssMb, rssMb(agent.pid()));
  await tools.flows.closeAll();
  await tools.udp.renew();
  const aDay = (bytes: number) => round((bytes * 86_400_000) / IDLE_MS / MB);
  const figures = {
    outageMs: null,
    rssMb: round(rss),
    idleCpuPercent: round(idle),
    busyCpuPercent: round(busy),
    tunnelMbADay: aDay(lines.tunnels),
    edgeMbADay: aDay(lines.edge),
    otherMbADay: aDay(lines.everything - lines.tunnels - lines.edge),
    fileKb: round(statSync(PROGRAM).size / 1024),
    idleSeconds: IDLE_MS / 1000,
  };
  return {
    figures,
    broken: [
      ...unless(figures.rssMb <= LIMITS.rssMb, `it takes ${figures.rssMb} MB`),
      ...unless(figures.idleCpuPercent <= LIMITS.idlePercent, `it takes ${figures.idleCpuPercent} % of a core when idle`),
      ...unless(figures.busyCpuPercent <= LIMITS.busyPercent, `it takes ${figures.busyCpuPercent} % of a core under traffic`),
      ...unless(figures.tunnelMbADay <= LIMITS.tunnelMbADay, `idle tunnels cost ${figures.tunnelMbADay} MB a day`),
      ...unless(figures.fileKb <= LIMITS.fileKb, `the file has ${figures.fileKb} KB`),
    ],
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const round = (value: number) => Math.round(value * 100) / 100;

/** Percent of one core, of this process alone. */
async function cpuDuring(pid: number, task: () => Promise<unknown>): Promise<number> {
  const before = cpuSeconds(pid);
  const startedMs = performance.now();
  await task();
  return ((cpuSeconds(pid) - before) * 100_000) / (performance.now() - startedMs);
}

/** User and system time (proc(5): fields 14 and 15; the name in field 2 may hold spaces). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function rssMb(pid: number): number {
  return (Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / MB;
}

const ISPS = ['isp1', 'isp2'];

/** Counts bytes of IP on both lines, in both directions. */
async function countLines(): Promise<void> {
  const rules = `
    counter name everything
    udp sport ${WG_PORT} counter name tunnels
    udp dport ${WG_PORT} counter name tunnels
    ip saddr ${EDGE_ADDRESS} counter name edge
    ip daddr ${EDGE_ADDRESS} counter name edge`;
  for (const isp of ISPS)
    await nft(
      isp,
      `table inet cost { }
      delete table inet cost
      table inet cost {
        counter everything { }
        counter tunnels { }
        counter edge { }
        chain lines { ${rules}
        }
        chain in {
          type filter hook prerouting priority -600;
          iifname "down" jump lines
        }
        chain out {
          type filter hook postrouting priority 600;
          oifname "down" jump lines
        }
      }`,
    );
}

const listing = z.object({
  nftables: z.array(z.object({ counter: z.object({ name: z.enum(['everything', 'tunnels', 'edge']), bytes: z.int() }).optional() })),
});

async function countedOnLines(): Promise<{ everything: number; tunnels: number; edge: number }> {
  const sum = { everything: 0, tunnels: 0, edge: 0 };
  for (const isp of ISPS) {
    const text = await run(inside(isp, ['nft', '-j', 'list', 'counters', 'table', 'inet', 'cost']));
    for (const { counter } of listing.parse(JSON.parse(text)).nftables) if (counter) sum[counter.name] += counter.bytes;
  }
  return sum;
}
