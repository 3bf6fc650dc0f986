import { driverOf, steersKernel } from '../drivers/registry.ts';
import type { Outcome } from '../outcome.ts';
import { systemOs } from '../runner.ts';
import { watchSilence } from '../silence.ts';
import type { Base } from './base.ts';

/** How often the kernel is compared with what was applied. A dead path asks at once. */
const RECONCILE_MS = 15_000;
/** While a path is not alive its device may come (back) at any time, and needs its route then. */
const RECONCILE_DEAD_MS = 3000;

/** Keeps the kernel as it was left, and says what could not be. */
export interface Upkeep {
  reconcile(): Promise<void>;
  /** From now on by itself; the result ends it. */
  regularly(): () => void;
  /** MPTCP only: a WAN as a whole died or came back. */
  followWan(wan: string, alive: boolean): Promise<void>;
  /** What the drivers of the tunnels complain of, as a problem. */
  reportComplaints(): void;
  /** A failure becomes a problem of this kind, a success ends it. */
  note(kind: string, done: Outcome<null>): void;
}

export function createUpkeep(base: Base): Upkeep {
  const { config, dataPlane, mptcp, problems, clock, log, servers, pathOf } = base;
  const reviewSilence = watchSilence({
    tunnels: config.tunnel,
    diagnose: async (tunnel) => (steersKernel(config) ? driverOf(tunnel).diagnose(tunnel, systemOs) : null),
    ...{ pathOf, problems, clock },
  });

  function note(kind: string, done: Outcome<null>): void {
    if (done.ok) problems.clear(kind);
    else problems.set({ kind, message: done.reason });
  }

  function reportComplaints(): void {
    const complaints = dataPlane.complaints();
    if (complaints.length === 0) problems.clear('tunnel');
    else problems.set({ kind: 'tunnel', message: complaints.join('; ') });
  }

  async function reconcile(): Promise<void> {
    note('reconcile', await dataPlane.reconcile());
    reportComplaints();
    if (steersKernel(config)) note('mptcp', await mptcp.reconcile());
    await reviewSilence();
  }

  function regularly(): () => void {
    let cancel = clock.after(RECONCILE_DEAD_MS, again);
    async function again(): Promise<void> {
      await reconcile();
      const dead = servers.some((server) => pathOf(server).alive !== true);
      if (!base.signal.aborted) cancel = clock.after(dead ? RECONCILE_DEAD_MS : RECONCILE_MS, again);
    }
    return () => cancel();
  }

  async function followWan(wan: string, alive: boolean): Promise<void> {
    log.info(`${wan}: ${alive ? 'alive' : 'dead'}`);
    if (!steersKernel(config)) return;
    const before = mptcp.told();
    note('mptcp', await mptcp.wanChanged(wan, alive));
    if (JSON.stringify(mptcp.told()) !== JSON.stringify(before)) base.late.tellEdge();
  }

  return { reconcile, regularly, followWan, reportComplaints, note };
}
