import type { Step } from '../dataplane/model.ts';
import { FIRST_MPTCP_ID, MAX_MPTCP_ENDPOINTS } from '../own.ts';

/** What a `[[wan]]` is for MPTCP, with what is known of it now. */
export interface MptcpWan {
  device: string;
  role: 'subflow' | 'backup' | 'off';
  /** False: known dead. Null counts as alive: no evidence is no reason. */
  alive: boolean | null;
  /** Global addresses, without prefix. */
  addresses: readonly string[];
}

export interface Endpoint {
  id: number;
  address: string;
  device: string | null;
  backup: boolean;
}

export interface Limits {
  subflows: number;
  addAddrAccepted: number;
}

export interface MptcpObserved {
  endpoints: readonly Endpoint[];
  limits: Limits;
  /** The kernel's setting of that name; null: it has none. */
  staleLossCount: number | null;
}

/** After how many of its retransmission intervals without progress a subflow is given up for the time being. */
export const STALE_LOSS_COUNT = '/proc/sys/net/mptcp/stale_loss_cnt';
/** The kernel's 4 stalls a tunnel for seconds when a WAN dies; with 1 it leaves at once, and comes back as soon as the subflow answers. */
const QUICK_STALE = 1;

/** The kernel's own maximum. Its defaults (2 and 0) allow two WANs only, and no address that the VPS announces. */
const LIMITS: Limits = { subflows: 8, addAddrAccepted: 8 };

/** The endpoints that are wanted now, in the order of the WANs. */
export function wantedEndpoints(wans: readonly MptcpWan[]): Endpoint[] {
  const lives = (wan: MptcpWan) => wan.role !== 'off' && wan.alive !== false && wan.addresses.length > 0;
  const someLives = wans.some(lives);
  const mainLives = wans.some((wan) => lives(wan) && wan.role === 'subflow');
  // A dead WAN carries only what no other can. A backup carries only while no other does – unless it is all there is, for then a dead WAN is its equal.
  const isBackup = (wan: MptcpWan) => (wan.alive === false ? someLives || wan.role === 'backup' : wan.role === 'backup' && mainLives);
  return wans
    .flatMap((wan, index) =>
      wan.role === 'off'
        ? []
        : wan.addresses.slice(0, 2).map((address, place) => ({
            id: FIRST_MPTCP_ID + 2 * index + place,
            address,
            device: wan.device,
            backup: isBackup(wan),
          })),
    )
    .slice(0, MAX_MPTCP_ENDPOINTS);
}

export const isOurs = ({ id }: Endpoint) => id >= FIRST_MPTCP_ID && id < FIRST_MPTCP_ID + 2 * MAX_MPTCP_ENDPOINTS;

/**
 * What makes the kernel's endpoints those that are wanted; nothing when they are. Endpoints outside our range of ids belong to others, and an address
 * that one of them has is left to it.
 */
export function planMptcp(wans: readonly MptcpWan[], observed: MptcpObserved): Step[] {
  const foreign = new Set(observed.endpoints.filter((endpoint) => !isOurs(endpoint)).map(({ address }) => address));
  const wanted = wantedEndpoints(wans).filter(({ address }) => !foreign.has(address));
  const found = observed.endpoints.filter(isOurs);
  const isSame = (a: Endpoint, b: Endpoint) => a.id === b.id && a.address === b.address && a.device === b.device;
  const extra = found.filter((have) => !wanted.some((want) => isSame(want, have)));
  const missing = wanted.filter((want) => !found.some((have) => isSame(want, have)));
  const changed = wanted.filter((want) => found.some((have) => isSame(want, have) && have.backup !== want.backup));
  return [
    ...(wanted.length === 0 ? [] : [...limitSteps(observed.limits), ...staleSteps(observed.staleLossCount)]),
    ...changed.map(changeStep),
    // Before the new ones: an id and an address may be given once only.
    ...extra.map(deleteStep),
    ...missing.map(addStep),
  ];
}

/** Deletes our endpoints, and restores limits that are still as we set them. */
export function planMptcpTeardown(observed: MptcpObserved, old: Limits | null): Step[] {
  const raised = old === null ? null : raise(old);
  const restore = old !== null && raised !== null && sameLimits(observed.limits, raised) && !sameLimits(old, raised);
  return [...observed.endpoints.filter(isOurs).map(deleteStep), ...(restore ? [limitStep(old, 'MPTCP limits as they were')] : [])];
}

const raise = (limits: Limits): Limits => ({
  subflows: Math.max(limits.subflows, LIMITS.subflows),
  addAddrAccepted: Math.max(limits.addAddrAccepted, LIMITS.addAddrAccepted),
});

const sameLimits = (a: Limits, b: Limits) => a.subflows === b.subflows && a.addAddrAccepted === b.addAddrAccepted;

function limitSteps(limits: Limits): Step[] {
  const raised = raise(limits);
  return sameLimits(limits, raised) ? [] : [limitStep(raised, 'MPTCP allows too few subflows')];
}

function staleSteps(count: number | null): Step[] {
  if (count === null || count <= QUICK_STALE) return [];
  return [{ kind: 'sysctl', path: STALE_LOSS_COUNT, value: String(QUICK_STALE), why: 'MPTCP gives a silent subflow up too late' }];
}

function limitStep({ subflows, addAddrAccepted }: Limits, why: string): Step {
  const numbers = ['subflows', String(subflows), 'add_addr_accepted', String(addAddrAccepted)];
  return { kind: 'command', argv: ['ip', 'mptcp', 'limits', 'set', ...numbers], why };
}

function addStep({ id, address, device, backup }: Endpoint): Step {
  const flags = backup ? ['subflow', 'backup'] : ['subflow'];
  const argv = ['ip', 'mptcp', 'endpoint', 'add', address, ...(device === null ? [] : ['dev', device]), 'id', String(id), ...flags];
  return { kind: 'command', argv, why: `MPTCP may use ${device} (${address})` };
}

function changeStep({ id, address, device, backup }: Endpoint): Step {
  const flag = backup ? 'backup' : 'nobackup';
  return {
    kind: 'command',
    argv: ['ip', 'mptcp', 'endpoint', 'change', 'id', String(id), flag],
    why: `MPTCP: ${device} (${address}) becomes ${flag}`,
  };
}

function deleteStep({ id, address }: Endpoint): Step {
  return { kind: 'command', argv: ['ip', 'mptcp', 'endpoint', 'delete', 'id', String(id)], why: `MPTCP endpoint ${address}` };
}
