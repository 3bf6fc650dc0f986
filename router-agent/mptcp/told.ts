import { MAX_MPTCP_WANS, type Report } from '../../worker/protocol/report.ts';
import type { Endpoint } from './plan.ts';
import type { Subflow } from './subflows.ts';

/**
 * What the edge hears of MPTCP: an entry a WAN that has an endpoint, in their order. A WAN is a backup when every address of it is one. Nothing is said when
 * there is no endpoint, or nobody could say which subflows there are.
 */
export function tellMptcp(endpoints: readonly Endpoint[], subflows: readonly Subflow[] | null): Report['mptcp'] {
  const wans = [...new Set(endpoints.flatMap(({ device }) => device ?? []))].slice(0, MAX_MPTCP_WANS);
  if (subflows === null || wans.length === 0) return undefined;
  return wans.map((wan) => {
    const here = subflows.filter(({ device }) => device === wan);
    return {
      wan,
      backup: endpoints.every(({ device, backup }) => device !== wan || backup),
      subflows: here.length,
      retransmissions: here.reduce((sum, { retransmissions }) => sum + retransmissions, 0),
    };
  });
}
