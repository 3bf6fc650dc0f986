import type { Os } from '../runner.ts';

/** What the kernel has counted of MPTCP since it booted, in this network namespace. */
export interface MptcpCounters {
  /** Connections that are open now. */
  connections: number;
  /** Data that was sent again by another subflow. */
  retransmissions: number;
  /** How often a subflow was given up for the time being, and how often one came back. */
  stale: number;
  recovered: number;
}

/** Null: this kernel has no MPTCP. Names as in `nstat`. */
export function readMptcpCounters(os: Os): MptcpCounters | null {
  const lines = (os.read('/proc/self/net/netstat') ?? '').split('\n').filter((line) => line.startsWith('MPTcpExt:'));
  const [names, values] = lines.map((line) => line.split(/\s+/).slice(1));
  if (names === undefined || values === undefined) return null;
  const value = (name: string) => Number(values[names.indexOf(name)] ?? 0);
  return {
    connections: value('MPCurrEstab'),
    retransmissions: value('MPTCPRetrans'),
    stale: value('SubflowStale'),
    recovered: value('SubflowRecover'),
  };
}
