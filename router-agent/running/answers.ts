import type { Config } from '../config.ts';
import { countFlows } from '../dataplane/conntrack.ts';
import { steersKernel } from '../drivers/registry.ts';
import { writeMetrics } from '../metrics.ts';
import type { Subflow } from '../mptcp/subflows.ts';
import type { Outcome } from '../outcome.ts';
import { systemOs } from '../runner.ts';
import { describeStatus } from '../status.ts';
import type { AgentStatus, ControlRequest } from '../status-schema.ts';
import type { Base } from './base.ts';
import type { Head } from './head.ts';

/** What `status` and `switch` are answered. */
export async function answerControl(base: Base, head: Head, request: ControlRequest): Promise<unknown> {
  if (request.cmd === 'switch') return head.agent.switchTo(request.server);
  if (!steersKernel(base.config)) return describe(base, head, {}, null);
  const [flows, subflows] = await Promise.all([flowsOf(base.config), base.mptcp.subflows()]);
  return describe(base, head, flows, subflows);
}

/** Writes the metrics' file from now on, where one is wanted; the result ends it. */
export function writeMetricsIfWanted(base: Base, head: Head, written: (how: Outcome<null>) => void): () => void {
  const path = base.config.metrics_file;
  if (path === undefined) return () => undefined;
  return writeMetrics({ path, clock: base.clock, describe: () => describe(base, head, {}, null), written });
}

function describe(base: Base, { agent }: Head, flows: Record<string, number | null>, subflows: Subflow[] | null): AgentStatus {
  const now = base.clock.now();
  return describeStatus({ ...base, upMs: now - base.startedAt, now, agent, flows, mptcp: base.mptcp.view(subflows) });
}

/** How many connections each server's tunnel carries. It costs a look at the kernel's whole table: for people who ask. */
async function flowsOf(config: Config): Promise<Record<string, number | null>> {
  const counts = await Promise.all(config.tunnel.map(async ({ server, mark }) => [server, await countFlows(systemOs, mark)] as const));
  return Object.fromEntries(counts);
}
