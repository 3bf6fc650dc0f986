import { isIPv6 } from 'node:net';
import type { Report } from '../../worker/protocol/report.ts';
import { applySteps } from '../dataplane/apply.ts';
import { readDevice } from '../drivers/link.ts';
import type { Log } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import { succeed } from '../outcome.ts';
import type { Os } from '../runner.ts';
import { rankIpv6 } from '../wan/inet6.ts';
import { type MptcpCounters, readMptcpCounters } from './counters.ts';
import { observeMptcp } from './observe.ts';
import { isOurs, type Limits, type MptcpWan, planMptcp, wantedEndpoints } from './plan.ts';
import { readSubflows, type Subflow } from './subflows.ts';
import { tellMptcp } from './told.ts';

export interface MptcpOptions {
  wans: readonly { device: string; mptcp: MptcpWan['role'] }[];
  os: Os;
  log: Log;
  /** Keep what was there before us over restarts; the first one counts. */
  rememberLimits(limits: Limits): void;
  rememberSetting(path: string, old: string): void;
}

/** What `status` shows. */
export interface MptcpView extends MptcpCounters {
  /** Null: not asked, or `ss` did not say. */
  subflows: Subflow[] | null;
  endpoints: { device: string; address: string; backup: boolean; alive: boolean | null }[];
}

/** Lets MPTCP connections of the router (a tunnel over TCP) use all WANs, each by its role and its life. */
export interface MptcpCare {
  /** A WAN died or came back: it is demoted to a backup, or restored. */
  wanChanged(device: string, alive: boolean): Promise<Outcome<null>>;
  /** Makes the kernel's endpoints those that are wanted; again, it changes nothing. */
  reconcile(): Promise<Outcome<null>>;
  /** What the edge is told, as of the last `reconcile`; undefined: nothing. */
  told(): Report['mptcp'];
  /** Null: no WAN has a role. */
  view(subflows: Subflow[] | null): MptcpView | null;
  /** What is established by the WANs now. It starts a program: for people who ask. */
  subflows(): Promise<Subflow[] | null>;
}

export function createMptcpCare({ wans, os, log, rememberLimits, rememberSetting }: MptcpOptions): MptcpCare {
  const alive = new Map<string, boolean>();
  const used = wans.some(({ mptcp }) => mptcp !== 'off');
  let seen: MptcpWan[] = [];
  let told: Report['mptcp'];
  let tail: Promise<Outcome<null>> = Promise.resolve(succeed(null));
  /** Without a role there is only to clear away what an earlier configuration left: once. */
  let cleared = false;

  /** Places count: the ids follow from them. */
  async function look(): Promise<MptcpWan[]> {
    return Promise.all(
      wans.map(async ({ device, mptcp }) => {
        const link = mptcp === 'off' ? null : await readDevice(os, device);
        const addresses = (link?.up === true ? link.addresses : []).map((address) => address.replace(/\/\d+$/, ''));
        const six = addresses.filter((address) => isIPv6(address) && !/^fe[89ab]/i.test(address));
        const first = [addresses.find((address) => !isIPv6(address)), rankIpv6(six, os.read('/proc/net/if_inet6') ?? '')[0]];
        return { device, role: mptcp, alive: alive.get(device) ?? null, addresses: first.filter((address) => address !== undefined) };
      }),
    );
  }

  async function reconcileOnce(): Promise<Outcome<null>> {
    if (cleared) return succeed(null);
    const observed = await observeMptcp(os);
    // Without a role and without MPTCP nothing is amiss.
    if (!observed.ok) {
      told = undefined;
      return used ? observed : succeed(null);
    }
    cleared = !used && !observed.value.endpoints.some(isOurs);
    if (cleared) return succeed(null);
    seen = await look();
    const steps = planMptcp(seen, observed.value);
    if (steps.some((step) => step.kind === 'command' && step.argv[2] === 'limits')) rememberLimits(observed.value.limits);
    const done = await applySteps(os, steps, { remember: rememberSetting, session: null });
    if (done.ok) for (const { why } of steps) log.info(why);
    if (used) told = done.ok ? tellMptcp(wantedEndpoints(seen), await readSubflows(os, wantedEndpoints(seen))) : undefined;
    return done;
  }

  function reconcile(): Promise<Outcome<null>> {
    tail = tail.then(reconcileOnce, reconcileOnce);
    return tail;
  }

  return {
    reconcile,
    async wanChanged(device, lives) {
      if (alive.get(device) === lives) return succeed(null);
      alive.set(device, lives);
      return used ? reconcile() : succeed(null);
    },
    told: () => told,
    subflows: async () => (used ? readSubflows(os, wantedEndpoints(seen)) : null),
    view(subflows) {
      const counters = used ? readMptcpCounters(os) : null;
      if (counters === null) return null;
      const endpoints = wantedEndpoints(seen).map(({ device, address, backup }) => ({
        device: device ?? '',
        address,
        backup,
        alive: alive.get(device ?? '') ?? null,
      }));
      return { ...counters, endpoints, subflows };
    },
  };
}
