import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import type { CommandContext } from '../commands/command.ts';
import type { Config } from '../config.ts';
import type { DataPlane } from '../dataplane/contract.ts';
import { dataPlaneFor } from '../drivers/registry.ts';
import { createEdgeContact, type EdgeContact } from '../edge-contact.ts';
import { type Council, createCouncil } from '../heartbeat/council.ts';
import { type CounterReader, openCounters } from '../heartbeat/counters.ts';
import type { Monitor, PathState } from '../heartbeat/monitor.ts';
import { createKeeper, type Keeper } from '../keeper.ts';
import type { Log } from '../log.ts';
import { createMptcpCare, type MptcpCare } from '../mptcp/care.ts';
import type { Limits } from '../mptcp/plan.ts';
import { createProblems, type Problems } from '../problems.ts';
import { systemOs } from '../runner.ts';
import { sharedLooks } from '../shared-looks.ts';
import { loadState, openStateFile } from '../state-file.ts';
import { emptyState } from '../state-schema.ts';
import type { WanCare } from '../wan/care.ts';
import type { WanPath } from '../wan/paths.ts';

const UNHEARD: PathState = { alive: null, rttMs: null, loss: 0, heardAt: null, trouble: null };

/** What a running agent stands on: its state, the kernel, and what is known of the paths. */
export interface Base {
  config: Config;
  signal: AbortSignal;
  log: Log;
  clock: Clock;
  /** The clock's `now()`. */
  startedAt: number;
  /** Random per start. */
  instance: string;
  /** In the order of the agent's file. */
  servers: readonly string[];
  problems: Problems;
  keeper: Keeper;
  dataPlane: DataPlane;
  contact: EdgeContact;
  /** By server; filled when the heartbeats start. */
  monitors: Map<string, Monitor>;
  counters: CounterReader;
  council: Council;
  mptcp: MptcpCare;
  pathOf(server: string): PathState;
  wansOf(server: string): WanPath[];
  /** What comes later, and is asked for earlier. */
  late: { wans: WanCare | null; tellEdge(): void };
}

export function createBase({ config, signal }: CommandContext, log: Log): Base {
  const clock = systemClock;
  const os = sharedLooks(systemOs);
  const late: Base['late'] = { wans: null, tellEdge: () => undefined };
  const problems = createProblems(
    (problem) => log.warn(`${problem.kind}: ${problem.message}`),
    () => late.tellEdge(),
  );
  const keeper = openKeeper(config, problems, log);
  const remember = (path: string, old: string) => rememberSetting(keeper, path, old);
  const monitors = new Map<string, Monitor>();
  return {
    ...{ config, signal, log, clock, problems, keeper, monitors, late },
    startedAt: clock.now(),
    instance: randomUUID(),
    servers: config.tunnel.map((tunnel) => tunnel.server),
    dataPlane: dataPlaneFor(config, { os, clock, log, remember, session: true }),
    contact: createEdgeContact({ log, clock, leaseMs: () => keeper.state().directive?.leaseMs ?? null }),
    counters: openCounters(config.tunnel.flatMap(({ device }) => device ?? [])),
    council: createCouncil(monitors, clock, {
      ask: (server) => late.wans?.scout.ask(server),
      hint: (server, since) => late.wans?.scout.hint(server, since),
      holds: (server, since) => late.wans?.scout.holds(server, since) ?? false,
    }),
    mptcp: createMptcpCare({
      ...{ wans: config.wan, os, log },
      rememberLimits: (limits) => rememberLimits(keeper, limits),
      rememberSetting: remember,
    }),
    pathOf: (server) => monitors.get(server)?.state() ?? UNHEARD,
    wansOf: (server) => late.wans?.paths(server) ?? [],
  };
}

function openKeeper(config: Config, problems: Problems, log: Log): Keeper {
  const clock = systemClock;
  const stateFile = openStateFile(config.state_dir);
  const loaded = loadState(stateFile.path, config.site, clock.wall());
  if (loaded.problem !== null) problems.set({ kind: 'state-lost', message: loaded.problem });
  return createKeeper(loaded.state ?? emptyState(config.site, clock.wall(), loaded.floor), stateFile, { problems, log, clock });
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
