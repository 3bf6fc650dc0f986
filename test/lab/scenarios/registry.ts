import { command } from './command.ts';
import { diskFull } from './disk-full.ts';
import { edgeGone } from './edge-gone.ts';
import { edgeOverWan } from './edge-over-wan.ts';
import { exitMismatch } from './exit-mismatch.ts';
import { failback } from './failback.ts';
import { failover } from './failover.ts';
import { footprint } from './footprint.ts';
import { ipv6 } from './ipv6.ts';
import { ipv6Endpoint } from './ipv6-endpoint.ts';
import { leaks } from './leaks.ts';
import { manyFlows } from './many-flows.ts';
import { mptcp } from './mptcp.ts';
import { openvpn, openvpnRestart } from './openvpn.ts';
import { ordinaryUser } from './ordinary-user.ts';
import { planned } from './planned.ts';
import { policy } from './policy.ts';
import { restart } from './restart.ts';
import { rough } from './rough.ts';
import type { Scenario } from './scenario.ts';
import { teardown } from './teardown.ts';
import { twoAgents } from './two-agents.ts';
import { twoWansDown } from './two-wans-down.ts';
import { uplink } from './uplink.ts';
import { wanBack } from './wan-back.ts';
import { wanLease } from './wan-lease.ts';
import { wanLoss } from './wan-loss.ts';
import { wrongKey } from './wrong-key.ts';

export const SCENARIOS: readonly Scenario[] = [
  failover,
  failback,
  planned,
  manyFlows,
  edgeGone,
  restart,
  uplink,
  wanLoss,
  wanBack,
  wanLease,
  twoWansDown,
  edgeOverWan,
  exitMismatch,
  ipv6,
  ipv6Endpoint,
  leaks,
  policy,
  ordinaryUser,
  teardown,
  openvpn,
  openvpnRestart,
  command,
  mptcp,
  wrongKey,
  diskFull,
  twoAgents,
  ...rough,
  footprint,
];
