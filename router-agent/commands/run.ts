import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import { type Agent, createAgent } from '../agent.ts';
import { type Client, createClient, edgeUrl, readToken, type Way } from '../client.ts';
import { pause, systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { serveControl } from '../control.ts';
import { countFlows } from '../dataplane/conntrack.ts';
import { dataPlaneFor, driverOf, isSimulated, steersKernel } from '../drivers/registry.ts';
import { createEdgeContact } from '../edge-contact.ts';
import { exitFacts } from '../exit/facts.ts';
import { watchExits } from '../exit/watch.ts';
import { takeFences } from '../fence.ts';
import { parseHeartbeat } from '../heartbeat/address.ts';
import { createCouncil } from '../heartbeat/council.ts';
import { openCounters } from '../heartbeat/counters.ts';
import { echoProber } from '../heartbeat/echo.ts';
import { type Monitor, type PathState, RISE_ANSWERS, startMonitor } from '../heartbeat/monitor.ts';
import { startSampler, type Watcher } from '../heartbeat/sampler.ts';
import { tcpProber } from '../heartbeat/tcp.ts';
import { createKeeper, type Keeper } from '../keeper.ts';
import { mostOf } from '../life.ts';
import { createLog, type Log } from '../log.ts';
import { writeMetrics } from '../metrics.ts';
import { createMptcpCare } from '../mptcp/care.ts';
import type { Limits } from '../mptcp/plan.ts';
import type { Subflow } from '../mptcp/subflows.ts';
import { messageOf, type Outcome } from '../outcome.ts';
import { type PostResult, post } from '../post.ts';
import { createProblems } from '../problems.ts';
import { systemOs } from '../runner.ts';
import { watchSilence } from '../silence.ts';
import { loadState, openStateFile } from '../state-file.ts';
import { emptyState } from '../state-schema.ts';
import { describeStatus } from '../status.ts';
import type { AgentStatus, ControlRequest } from '../status-schema.ts';
import { systemAddresses } from '../wan/addresses.ts';
import { startWanCare, type WanCare } from '../wan/care.ts';
import type { Command, CommandContext } from './command.ts';

/** The first report waits this long for the first heartbeats, so that it does not call a living path dead. */
const FIRST_EVIDENCE_MS = 2500;
const EVIDENCE_POLL_MS = 20;
/** How often the kernel is compared with what was applied. A dead path asks at once. */
const RECONCILE_MS = 15_000;
/** While a path is not alive its device may come (back) at any time, and needs its route then. */
const RECONCILE_DEAD_MS = 3000;

/** As long may the edge take to answer through a tunnel. */
const EXIT_MS = 5000;

const UNHEARD: PathState = { alive: null, rttMs: null, loss: 0, heardAt: null, trouble: null };

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

async function steer({ config, signal }: CommandContext, log: Log): Promise<void> {
  const clock = systemClock;
  const startedAt = clock.now();
  const instance = randomUUID();
  const servers = config.tunnel.map((tunnel) => tunnel.server);
  let checkedExit: string | null = null;
  let tellEdge: () => void = () => undefined;
  const problems = createProblems(
    (problem) => log.warn(`${problem.kind}: ${problem.message}`),
    () => tellEdge(),
  );
  const stateFile = openStateFile(config.state_dir);
  const loaded = loadState(stateFile.path, config.site, clock.wall());
  if (loaded.problem !== null) problems.set({ kind: 'state-lost', message: loaded.problem });
  const keeper = createKeeper(loaded.state ?? emptyState(config.site, clock.wall(), loaded.floor), stateFile, {
    problems,
    log,
    clock,
  });
  const dataPlane = dataPlaneFor(config, {
    os: systemOs,
    clock,
    log,
    remember: (path, old) => rememberSetting(keeper, path, old),
    session: true,
  });
  const contact = createEdgeContact({ log, clock, leaseMs: () => keeper.state().directive?.leaseMs ?? null });
  const monitors = new Map<string, Monitor>();
  let wans: WanCare | null = null;
  const council = createCouncil(monitors, clock, {
    ask: (server) => wans?.scout.ask(server),
    hint: (server, since) => wans?.scout.hint(server, since),
    holds: (server, since) => wans?.scout.holds(server, since) ?? false,
  });
  const counters = openCounters(config.tunnel.flatMap(({ device }) => device ?? []));
  const pathOf = (server: string) => monitors.get(server)?.state() ?? UNHEARD;
  const wansOf = (server: string) => wans?.paths(server) ?? [];
  const reviewSilence = watchSilence({
    tunnels: config.tunnel,
    diagnose: async (tunnel) => (steersKernel(config) ? driverOf(tunnel).diagnose(tunnel, systemOs) : null),
    pathOf,
    problems,
    clock,
  });
  const mptcp = createMptcpCare({
    wans: config.wan,
    os: systemOs,
    log,
    rememberLimits: (limits) => rememberLimits(keeper, limits),
    rememberSetting: (path, old) => rememberSetting(keeper, path, old),
  });
  const agent = createAgent({
    site: config.site,
    instance,
    servers,
    keeper,
    dataPlane,
    problems,
    clock,
    log,
    pathOf,
    wansOf,
    mptcp: mptcp.told,
    isBarred: (server) => exits.isBarred(server),
    onNews: () => client.nudge(),
  });
  const exits = watchExits({
    servers: steersKernel(config) ? config.tunnel.filter(({ exit }) => exit !== false).map(({ server }) => server) : [],
    clock,
    log,
    problems,
    ask: (server) => askExit(config, dataPlane.sourceOf(server), signal),
    isAlive: (server) => pathOf(server).alive === true,
    edgeReached: () => contact.view().reached,
    factsOf: exitFacts(config, dataPlane.lines, systemAddresses),
    onChange: () => void agent.barChanged(),
  });
  const client = createClient({
    edge: config.edge,
    tokenFile: config.token_file,
    ways,
    clock,
    log,
    report: () => agent.report(),
    async take(answer) {
      const taken = await agent.take(answer);
      checkNewExit();
      return taken;
    },
    heard: contact.heard,
  });
  tellEdge = () => client.nudge();

  log.info(
    `agent ${instance.slice(0, 8)} for site ${config.site}: ${servers.join(', ')}; edge ${config.edge}; epoch ${keeper.state().epoch}`,
  );
  await agent.start(await dataPlane.start());
  reportComplaints();
  if (steersKernel(config)) note('mptcp', await mptcp.reconcile());
  const stopSampling = startSampler(clock, counters, startHeartbeats());
  wans = startWanCare({
    config,
    lines: dataPlane.lines,
    tunnels: monitors,
    addresses: systemAddresses,
    prober: (target, address) => tcpProber(target, () => address),
    clock,
    log,
    carries: (server) => (agent.carry()?.weights[server] ?? 0) > 0,
    review: council.heard,
    onNews: () => client.nudge(),
    onLost: reconcile,
    onWays: () => client.reroute(),
    onWan: (wan, alive) => void followWan(wan, alive),
  });
  const control = await serveControl(config.state_dir, answerControl);
  if (!control.ok) problems.set({ kind: 'control-socket', message: control.reason });
  const stopReconciling = reconcileRegularly();
  const stopMetrics = writeMetricsIfWanted();
  await firstEvidence();
  await pollUntil(client, signal);
  log.info('stopping; traffic stays where it is');
  stopReconciling();
  stopMetrics();
  wans.stop();
  exits.stop();
  stopSampling();
  for (const monitor of monitors.values()) monitor.stop();
  counters.close();
  if (control.ok) await closeServer(control.value);
  dataPlane.close();
  await keeper.idle();

  /** Nothing is moved then, and people should know that it is no oversight. */
  function noteUplink(): void {
    if (servers.some((server) => pathOf(server).alive !== false)) problems.clear('uplink-down');
    else
      problems.set({
        kind: 'uplink-down',
        message: 'no server answers, by no tunnel and by no WAN: traffic stays where it is until one does',
      });
  }

  /** The edge is asked by any living WAN, else by a living tunnel, else as the main table says. */
  function ways(): Way[] {
    if (config.local_address !== undefined) return [{ name: config.local_address, localAddress: config.local_address }];
    const inside = servers.flatMap((server): Way[] => {
      const localAddress = pathOf(server).alive === true ? dataPlane.sourceOf(server) : null;
      return typeof localAddress === 'string' ? [{ name: `the tunnel of ${server}`, localAddress }] : [];
    });
    const outside = wans?.waysOut() ?? [];
    return outside.length > 0 ? [...outside, ...inside, { name: 'main' }] : [{ name: 'main' }, ...inside];
  }

  /** Where traffic has just moved to, it must come out right. */
  function checkNewExit(): void {
    const weights = agent.carry()?.weights ?? {};
    const now = mostOf(servers, weights);
    if (now !== null && now !== checkedExit) exits.check(now);
    checkedExit = now;
  }

  function reportComplaints(): void {
    const complaints = dataPlane.complaints();
    if (complaints.length === 0) problems.clear('tunnel');
    else problems.set({ kind: 'tunnel', message: complaints.join('; ') });
  }

  /** One monitor a tunnel; the answer are those whose device's counters can be watched. */
  function startHeartbeats(): Watcher[] {
    return config.tunnel.flatMap((tunnel) => {
      const target = parseHeartbeat(tunnel.heartbeat);
      if (target === null) throw new Error(`the heartbeat of ${tunnel.server} passed the check and cannot be read`);
      const { server, device } = tunnel;
      const monitor = startMonitor({
        intervalMs: config.heartbeat.interval_ms,
        idleIntervalMs: config.heartbeat.idle_interval_ms,
        misses: config.heartbeat.misses,
        probe: tunnel.driver === 'simulated' ? echoProber(target) : tcpProber(target, () => dataPlane.sourceOf(server)),
        clock,
        counters: () => (device === undefined ? null : (counters.read()?.get(device) ?? null)),
        onChange: (alive, state) => void pathChanged(agent, server, alive, state),
        onSuspect: () => {
          log.debug(`${server}: suspected`);
          council.suspected(server);
        },
        onSettled: () => council.settled(server),
        onExhausted: () => {
          council.exhausted();
          if (monitors.get(server)?.isExhausted())
            log.info(`${server}: silent; no other path has proven yet that it is not the router itself`);
        },
        onHeard: council.heard,
        riseAnswers: () => (carriesAlone(server) ? 1 : RISE_ANSWERS),
      });
      monitors.set(server, monitor);
      return device === undefined ? [] : [{ device, sample: monitor.sample }];
    });
  }

  /** Everything is dead, and this is where traffic waits: reviving it moves nothing, and so it must not come second to another path. */
  function carriesAlone(server: string): boolean {
    const carry = agent.carry();
    const weight = carry?.weights[server] ?? 0;
    return weight > 0 && servers.every((other) => pathOf(other).alive === false);
  }

  async function pathChanged(to: Agent, server: string, alive: boolean, state: PathState): Promise<void> {
    await to.pathChanged(server, alive);
    noteUplink();
    checkNewExit();
    if (alive) exits.check(server);
    log.info(alive ? `${server}: path alive` : `${server}: path dead${state.trouble === null ? '' : ` (${state.trouble})`}`);
    if (!alive) await reconcile();
  }

  async function reconcile(): Promise<void> {
    note('reconcile', await dataPlane.reconcile());
    reportComplaints();
    if (steersKernel(config)) note('mptcp', await mptcp.reconcile());
    await reviewSilence();
  }

  async function followWan(wan: string, alive: boolean): Promise<void> {
    log.info(`${wan}: ${alive ? 'alive' : 'dead'}`);
    if (!steersKernel(config)) return;
    const before = mptcp.told();
    note('mptcp', await mptcp.wanChanged(wan, alive));
    if (mptcp.told() !== before) client.nudge();
  }

  function note(kind: string, done: Outcome<null>): void {
    if (done.ok) problems.clear(kind);
    else problems.set({ kind, message: done.reason });
  }

  function reconcileRegularly(): () => void {
    let cancel = clock.after(RECONCILE_DEAD_MS, again);
    async function again(): Promise<void> {
      await reconcile();
      const dead = servers.some((server) => pathOf(server).alive !== true);
      if (!signal.aborted) cancel = clock.after(dead ? RECONCILE_DEAD_MS : RECONCILE_MS, again);
    }
    return () => cancel();
  }

  async function firstEvidence(): Promise<void> {
    const until = clock.now() + FIRST_EVIDENCE_MS;
    while (!signal.aborted && clock.now() < until && servers.some((server) => pathOf(server).alive === null))
      await pause(clock, EVIDENCE_POLL_MS, signal);
  }

  async function answerControl(request: ControlRequest): Promise<unknown> {
    if (request.cmd === 'switch') return agent.switchTo(request.server);
    if (!steersKernel(config)) return describe({}, null);
    const [flows, subflows] = await Promise.all([flowsOf(config), mptcp.subflows()]);
    return describe(flows, subflows);
  }

  function describe(flows: Record<string, number | null>, subflows: Subflow[] | null): AgentStatus {
    const now = clock.now();
    return describeStatus({
      config,
      instance,
      upMs: now - startedAt,
      now,
      agent,
      keeper,
      problems,
      contact,
      pathOf,
      wansOf,
      flows,
      mptcp: mptcp.view(subflows),
    });
  }

  function writeMetricsIfWanted(): () => void {
    if (config.metrics_file === undefined) return () => undefined;
    const written = (how: Outcome<null>) => note('metrics-file', how);
    return writeMetrics({ path: config.metrics_file, clock, describe: () => describe({}, null), written });
  }
}

/** How many connections each server's tunnel carries. It costs a look at the kernel's whole table: for people who ask. */
async function flowsOf(config: Config): Promise<Record<string, number | null>> {
  const counts = await Promise.all(config.tunnel.map(async ({ server, mark }) => [server, await countFlows(systemOs, mark)] as const));
  return Object.fromEntries(counts);
}

/** The edge, asked through a tunnel: by the tunnel's own address, which leads nowhere else. */
async function askExit(config: Config, localAddress: string | null | undefined, signal: AbortSignal): Promise<PostResult | null> {
  const token = readToken(config.token_file);
  if (!token.ok || typeof localAddress !== 'string') return null;
  const url = edgeUrl(config.edge, '/agent/v1/echo');
  return post({ url, token: token.value, body: null, timeoutMs: EXIT_MS, signal, localAddress });
}

/** The first value is the one from before us. */
function rememberSetting(keeper: Keeper, path: string, old: string): void {
  const state = keeper.state();
  if (state.sysctl[path] === undefined) keeper.putFast({ ...state, sysctl: { ...state.sysctl, [path]: old } });
}

/** As with settings. */
function rememberLimits(keeper: Keeper, limits: Limits): void {
  const state = keeper.state();
  if (state.mptcpLimits === undefined) keeper.putFast({ ...state, mptcpLimits: limits });
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
