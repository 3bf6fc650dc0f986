import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { fail, messageOf, type Outcome, succeed } from './outcome.ts';
import type { AgentStatus } from './status-schema.ts';

/** As often as such a file is usually read, or more. */
const EVERY_MS = 15_000;

interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: [labels: Record<string, string>, value: number][];
}

/** What the agent knows, for Prometheus (text format 0.0.4). Times are seconds, shares are 0–1. */
export function renderMetrics(status: AgentStatus, rssBytes: number): string {
  return [...aboutAgent(status, rssBytes), ...aboutPaths(status)]
    .flatMap(linesOf)
    .map((line) => `${line}\n`)
    .join('');
}

function aboutAgent(status: AgentStatus, rssBytes: number): Metric[] {
  const { edge } = status;
  const one = (value: number): Metric['samples'] => [[{}, value]];
  return [
    {
      name: 'agent_info',
      type: 'gauge',
      help: 'Who writes this.',
      samples: [[{ site: status.site, version: status.version, instance: status.instance }, 1]],
    },
    { name: 'agent_uptime_seconds', type: 'gauge', help: 'Since its start.', samples: one(status.upMs / 1000) },
    { name: 'agent_resident_memory_bytes', type: 'gauge', help: 'Of the agent itself.', samples: one(rssBytes) },
    { name: 'agent_edge_reached', type: 'gauge', help: 'Whether the last poll reached the edge.', samples: one(edge.reached ? 1 : 0) },
    {
      name: 'agent_edge_heard_seconds',
      type: 'gauge',
      help: 'Since the edge was last heard; absent: never.',
      samples: edge.heardAgoMs === null ? [] : one(edge.heardAgoMs / 1000),
    },
    { name: 'agent_alone', type: 'gauge', help: 'The edge is silent past its lease.', samples: one(edge.alone ? 1 : 0) },
    { name: 'agent_epoch', type: 'gauge', help: 'The highest epoch accepted.', samples: one(status.epoch) },
    { name: 'agent_applied_epoch', type: 'gauge', help: 'The epoch that the kernel follows.', samples: one(status.applied) },
    { name: 'agent_cuts_total', type: 'counter', help: 'Cuts that the agent made by itself since its start.', samples: one(status.cuts) },
    {
      name: 'agent_problem',
      type: 'gauge',
      help: 'Each problem that is there now.',
      samples: status.problems.map(({ kind }) => [{ kind }, 1]),
    },
  ];
}

function aboutPaths({ paths, carrying }: AgentStatus): Metric[] {
  const each = (value: (path: AgentStatus['paths'][number]) => number | null): Metric['samples'] =>
    paths.flatMap((path) => {
      const number = value(path);
      return number === null ? [] : [[{ server: path.server }, number]];
    });
  const alive = ({ alive: is }: AgentStatus['paths'][number]) => (is === null ? null : Number(is));
  return [
    {
      name: 'agent_path_alive',
      type: 'gauge',
      help: 'Whether the path to the server lives; absent: no evidence yet.',
      samples: each(alive),
    },
    { name: 'agent_path_weight_ratio', type: 'gauge', help: 'Its share of new flows.', samples: each(({ weight }) => weight / 100) },
    {
      name: 'agent_path_carrying',
      type: 'gauge',
      help: 'Whether it has the most.',
      samples: each(({ server }) => Number(server === carrying)),
    },
    {
      name: 'agent_path_latched',
      type: 'gauge',
      help: 'Cut here, and not released by the edge yet.',
      samples: each(({ latched }) => Number(latched)),
    },
    {
      name: 'agent_path_rtt_seconds',
      type: 'gauge',
      help: 'Smoothed round trip of heartbeats.',
      samples: each(({ rttMs }) => (rttMs === null ? null : rttMs / 1000)),
    },
    { name: 'agent_path_loss_ratio', type: 'gauge', help: 'Heartbeats lost lately.', samples: each(({ loss }) => loss) },
    {
      name: 'agent_path_heard_seconds',
      type: 'gauge',
      help: 'Since anything came from there; absent: never.',
      samples: each(({ heardAgoMs }) => (heardAgoMs === null ? null : heardAgoMs / 1000)),
    },
  ];
}

function linesOf({ name, type, help, samples }: Metric): string[] {
  const full = `farwatch_${name}`;
  const labelled = (labels: Record<string, string>) => {
    const text = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, ' ')}"`);
    return text.length === 0 ? '' : `{${text.join(',')}}`;
  };
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples.map(([labels, value]) => `${full}${labelled(labels)} ${value}`)];
}

export interface MetricsOptions {
  path: string;
  clock: Clock;
  describe(): AgentStatus;
  /** Hears how each writing went. */
  written(outcome: Outcome<null>): void;
}

/** Writes the file now and again and again, each time whole. The result stops it and takes the file away: old numbers would be lies. */
export function writeMetrics({ path, clock, describe, written }: MetricsOptions): () => void {
  let cancel: () => void = () => undefined;
  const again = () => {
    written(replaceFile(path, renderMetrics(describe(), process.memoryUsage.rss())));
    cancel = clock.after(EVERY_MS, again);
  };
  again();
  return () => {
    cancel();
    rmSync(path, { force: true });
  };
}

/** Readers see the old file or the new one, never half of it. */
function replaceFile(path: string, text: string): Outcome<null> {
  try {
    writeFileSync(`${path}.tmp`, text, { mode: 0o644 });
    renameSync(`${path}.tmp`, path);
    return succeed(null);
  } catch (error) {
    return fail(`cannot write metrics_file ${path}: ${messageOf(error)}`);
  }
}
