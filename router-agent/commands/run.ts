import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Client } from '../client.ts';
import { pause } from '../clock.ts';
import { serveControl } from '../control.ts';
import { isSimulated, steersKernel } from '../drivers/registry.ts';
import { takeFences } from '../fence.ts';
import { startSampler } from '../heartbeat/sampler.ts';
import { tcpProber } from '../heartbeat/tcp.ts';
import { createLog, type Log } from '../log.ts';
import { messageOf, type Outcome } from '../outcome.ts';
import { answerControl, writeMetricsIfWanted } from '../running/answers.ts';
import { type Base, createBase } from '../running/base.ts';
import { createHead, type Head } from '../running/head.ts';
import { startHeartbeats } from '../running/heartbeats.ts';
import { createUpkeep, type Upkeep } from '../running/upkeep.ts';
import { systemAddresses } from '../wan/addresses.ts';
import { startWanCare, type WanCare } from '../wan/care.ts';
import type { Command, CommandContext } from './command.ts';

/** The first report waits this long for the first heartbeats, so that it does not call a living path dead. */
const FIRST_EVIDENCE_MS = 2500;
const EVIDENCE_POLL_MS = 20;

/** Lock → state → kernel → heartbeats → poll. SIGTERM leaves the data plane as it is: traffic goes on without the agent. */
export const run: Command = async (context) => {
  const { config } = context;
  const log = createLog(config.log_level, {
    format: config.log_format,
    journald: process.env.JOURNAL_STREAM !== undefined,
    write: context.err,
  });
  const fence = await openStateDir(config.state_dir, !isSimulated(config));
  if (!fence.ok) {
    log.error(fence.reason);
    return 1;
  }
  try {
    await steer(context, log);
    return 0;
  } finally {
    fence.value();
  }
};

async function openStateDir(stateDir: string, kernel: boolean): Promise<Outcome<() => void>> {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    return { ok: false, reason: `cannot make state_dir: ${messageOf(error)}` };
  }
  return takeFences(stateDir, kernel);
}

async function steer(context: CommandContext, log: Log): Promise<void> {
  const base = createBase(context, log);
  const { config, dataPlane, problems, signal } = base;
  const head = createHead(base);
  const upkeep = createUpkeep(base);
  log.info(
    `agent ${base.instance.slice(0, 8)} for site ${config.site}: ${base.servers.join(', ')}; edge ${config.edge}; epoch ${base.keeper.state().epoch}`,
  );
  await head.agent.start(await dataPlane.start());
  upkeep.reportComplaints();
  if (steersKernel(config)) upkeep.note('mptcp', await base.mptcp.reconcile());
  const stopSampling = startSampler(base.clock, base.counters, startHeartbeats(base, head, upkeep));
  const wans = careForWans(base, head, upkeep);
  base.late.wans = wans;
  const control = await serveControl(config.state_dir, (request) => answerControl(base, head, request));
  if (!control.ok) problems.set({ kind: 'control-socket', message: control.reason });
  const stopReconciling = upkeep.regularly();
  const stopMetrics = writeMetricsIfWanted(base, head, (how) => upkeep.note('metrics-file', how));
  await firstEvidence(base);
  await pollUntil(head.client, signal);
  log.info('stopping; traffic stays where it is');
  for (const stop of [stopReconciling, stopMetrics, wans.stop, head.exits.stop, stopSampling]) stop();
  for (const monitor of base.monitors.values()) monitor.stop();
  base.counters.close();
  if (control.ok) await closeServer(control.value);
  dataPlane.close();
  await base.keeper.idle();
}

function careForWans(base: Base, { agent, client }: Head, upkeep: Upkeep): WanCare {
  return startWanCare({
    config: base.config,
    lines: base.dataPlane.lines,
    tunnels: base.monitors,
    addresses: systemAddresses,
    prober: (target, address) => tcpProber(target, () => address),
    clock: base.clock,
    log: base.log,
    carries: (server) => (agent.carry()?.weights[server] ?? 0) > 0,
    review: base.council.heard,
    onNews: () => client.nudge(),
    onLost: upkeep.reconcile,
    onWays: () => client.reroute(),
    onWan: (wan, alive) => void upkeep.followWan(wan, alive),
  });
}

async function firstEvidence({ clock, signal, servers, pathOf }: Base): Promise<void> {
  const until = clock.now() + FIRST_EVIDENCE_MS;
  while (!signal.aborted && clock.now() < until && servers.some((server) => pathOf(server).alive === null))
    await pause(clock, EVIDENCE_POLL_MS, signal);
}

async function pollUntil(client: Client, signal: AbortSignal): Promise<void> {
  const stop = () => client.stop();
  if (signal.aborted) return;
  signal.addEventListener('abort', stop);
  await client.run();
  signal.removeEventListener('abort', stop);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
