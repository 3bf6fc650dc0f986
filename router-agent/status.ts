import type { Agent } from './agent.ts';
import type { Config } from './config.ts';
import type { EdgeContact } from './edge-contact.ts';
import type { PathState } from './heartbeat/monitor.ts';
import type { Keeper } from './keeper.ts';
import { mostOf } from './life.ts';
import type { MptcpView } from './mptcp/care.ts';
import type { Problems } from './problems.ts';
import type { AgentStatus } from './status-schema.ts';
import { VERSION } from './version.ts';
import type { WanPath } from './wan/paths.ts';

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
  /** Connections by server, where they were counted. */
  flows: Readonly<Record<string, number | null>>;
  wansOf(server: string): WanPath[];
  mptcp: MptcpView | null;
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
    cuts: agent.cuts().count,
    lastCut: agent.cuts().last,
    why: whyOf(sources),
    carrying: carry === null ? null : mostOf(Object.keys(carry.weights), carry.weights),
    paths: config.tunnel.map(({ server, device }) => {
      const { alive, rttMs, loss, heardAt: at } = sources.pathOf(server);
      const latched = server in state.latches;
      return {
        server,
        device: device ?? null,
        alive,
        latched,
        weight: carry?.weights[server] ?? 0,
        flows: sources.flows[server] ?? null,
        rttMs,
        loss,
        heardAgoMs: ago(at),
      };
    }),
    wans: config.tunnel.flatMap(({ server }) => sources.wansOf(server).map((path) => ({ ...path, server }))),
    mptcp: sources.mptcp,
    problems: sources.problems.list(),
  };
}

/** Who decided what carries now: a hand, this agent's own cut, or the edge. */
function whyOf({ keeper, agent, pathOf }: StatusSources): string {
  const { manual, directive, latches } = keeper.state();
  if (manual !== null) return `switched by hand, until the edge's next epoch (after ${manual.epoch})`;
  if (directive === null) return 'the edge has said nothing yet';
  const overruled = Object.keys(latches).filter((server) => (directive.weights[server] ?? 0) > 0);
  const { last } = agent.cuts();
  if (overruled.length === 0) return directive.why;
  const when =
    last === undefined ? '' : ` (${last.from} was silent for ${Math.round(last.silenceMs)} ms at ${new Date(last.at).toISOString()})`;
  const lives = overruled.every((server) => pathOf(server).alive === true) ? '; it lives again, and the edge has to say so' : '';
  return `${overruled.join(', ')} was cut here${when}${lives}`;
}
