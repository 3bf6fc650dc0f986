import type { Agent } from './agent.ts';
import type { Config } from './config.ts';
import type { EdgeContact } from './edge-contact.ts';
import type { PathState } from './heartbeat/monitor.ts';
import type { Keeper } from './keeper.ts';
import { mostOf } from './life.ts';
import type { Problems } from './problems.ts';
import type { AgentStatus } from './status-schema.ts';
import { VERSION } from './version.ts';

export interface StatusSources {
  config: Config;
  instance: string;
  upMs: number;
  /** The clock's `now()`. */
  now: number;
  agent: Agent;
  keeper: Keeper;
  problems: Problems;
  contact: EdgeContact;
  pathOf(server: string): PathState;
}

/** The running agent's picture of itself. */
export function describeStatus(sources: StatusSources): AgentStatus {
  const { config, agent, now } = sources;
  const state = sources.keeper.state();
  const { heardAt, ...edge } = sources.contact.view();
  const carry = agent.carry();
  const ago = (at: number | null) => (at === null ? null : Math.round(now - at));
  return {
    version: VERSION,
    site: config.site,
    instance: sources.instance,
    pid: process.pid,
    upMs: Math.round(sources.upMs),
    edge: { url: config.edge, ...edge, heardAgoMs: ago(heardAt) },
    epoch: state.epoch,
    applied: agent.applied(),
    directive: state.directive,
    manual: state.manual?.server ?? null,
    carrying: carry === null ? null : mostOf(Object.keys(carry.weights), carry.weights),
    paths: config.tunnel.map(({ server, device }) => {
      const { alive, rttMs, loss, heardAt: at } = sources.pathOf(server);
      const latched = server in state.latches;
      return { server, device: device ?? null, alive, latched, weight: carry?.weights[server] ?? 0, rttMs, loss, heardAgoMs: ago(at) };
    }),
    problems: sources.problems.list(),
  };
}
