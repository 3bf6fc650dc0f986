import type { Report } from '../worker/protocol/report.ts';
import type { Clock } from './clock.ts';
import { createCuts } from './cuts.ts';
import type { DataPlane, Found } from './dataplane/contract.ts';
import type { PathState } from './heartbeat/monitor.ts';
import type { Keeper } from './keeper.ts';
import { type Carry, decideLife, type LifeInput, mostOf, sameCarry } from './life.ts';
import type { Log } from './log.ts';
import { createOrders } from './orders.ts';
import { reportPaths } from './path-reports.ts';
import type { Problems } from './problems.ts';
import { VERSION } from './version.ts';
import type { WanPath } from './wan/paths.ts';

export interface AgentOptions {
  site: string;
  instance: string;
  /** In the order of the agent's file. */
  servers: readonly string[];
  keeper: Keeper;
  dataPlane: DataPlane;
  problems: Problems;
  clock: Clock;
  log: Log;
  /** What the heartbeats know of a server's path. */
  pathOf(server: string): PathState;
  /** Nothing may move to this server: its traffic comes out wrong. */
  isBarred(server: string): boolean;
  /** How each WAN reaches a server; empty: WANs are not told apart. */
  wansOf(server: string): WanPath[];
  /** What MPTCP makes of each WAN; undefined: there is nothing to say of it. */
  mptcp(): Report['mptcp'];
  /** There is news that the edge should hear at once. */
  onNews(): void;
}

export interface Agent {
  /** Adopts what the kernel does already, then makes the stored directive true. */
  start(found: Found | null): Promise<void>;
  /** A path died or came back. Resolves when the data plane follows. */
  pathChanged(server: string, alive: boolean): Promise<void>;
  /** It has become, or is no more, a server to which nothing may move. */
  barChanged(): Promise<void>;
  /** An answer of the edge; false: refused. */
  take(answer: unknown): Promise<boolean>;
  /** A `switch` by hand; holds until the edge's next epoch. Answers what was done, or why not. */
  switchTo(server: string): Promise<{ ok: boolean; message: string }>;
  report(): Report;
  carry(): Carry | null;
  /** The epoch that the data plane follows; 0: none. */
  applied(): number;
  /** Cuts that were made here since the start, and the last one. */
  cuts(): { count: number; last: Report['lastCut'] };
}

/** What failed to apply is tried again after this. */
const RETRY_MS = 1000;

/** The agent's head: it knows what is wanted and what lives, and keeps the data plane true to both. All I/O is behind its options. */
export function createAgent(options: AgentOptions): Agent {
  const { servers, keeper, dataPlane, problems, clock, log } = options;
  /** Evidence by server; null until a heartbeat was answered or missed. */
  const alive: Record<string, boolean | null> = Object.fromEntries(servers.map((server) => [server, null]));
  let adopted: LifeInput['wanted'] = null;
  let applied: Carry | null = null;
  let appliedEpoch = 0;
  const cuts = createCuts(servers, clock, log);
  const orders = createOrders({ servers, keeper, problems, log });
  let tail: Promise<void> = Promise.resolve();

  function wanted(): LifeInput['wanted'] {
    const { directive, manual } = keeper.state();
    if (manual !== null) return { weights: { [manual.server]: 100 }, mode: 'drain' };
    return directive === null ? adopted : { weights: directive.weights, mode: directive.mode };
  }

  /** One at a time and in order: each run looks at the newest facts, so that a queued one finds nothing left to do. */
  function settle(): Promise<void> {
    tail = tail.then(settleOnce, settleOnce);
    return tail;
  }

  async function settleOnce(): Promise<void> {
    const decidedAt = clock.now();
    const { latches, directive } = keeper.state();
    const barred = new Set(servers.filter(options.isBarred));
    const decision = decideLife({ servers, wanted: wanted(), alive, barred, latched: new Set(Object.keys(latches)) }, applied);
    moveLatches(decision.latch, decision.release);
    const before = applied;
    const lastHeard = heardTimes();
    if (before === null || !sameCarry(before, decision.carry)) {
      const done = await dataPlane.apply(decision.carry);
      if (!done.ok) return applyFailed(done.reason);
      problems.clear('apply-failed');
      applied = decision.carry;
      if (before !== null) cuts.note({ before, after: decision.carry, decidedAt, lastHeard }, (server) => alive[server] === false);
    }
    appliedEpoch = Math.max(appliedEpoch, directive?.epoch ?? 0);
  }

  function applyFailed(reason: string): void {
    problems.set({ kind: 'apply-failed', message: reason });
    options.onNews();
    clock.after(RETRY_MS, () => void settle());
  }

  function moveLatches(latch: string[], release: string[]): void {
    if (latch.length === 0 && release.length === 0) return;
    const state = keeper.state();
    const kept = Object.entries(state.latches).filter(([server]) => !release.includes(server));
    const added = latch.map((server): [string, number] => [server, keeper.upcomingSeq()]);
    keeper.putFast({ ...state, latches: Object.fromEntries([...kept, ...added]) });
    for (const server of release) log.warn(`${server}: lives while everything else is dead; it carries again`);
  }

  /** Taken before the rules change: an answer that comes meanwhile is not what the decision was made on. */
  function heardTimes(): Map<string, number | null> {
    return new Map(servers.map((server) => [server, options.pathOf(server).heardAt]));
  }

  const isUnfit = (server: string) => options.isBarred(server) && (applied?.weights[server] ?? 0) === 0;

  return {
    async start(found) {
      if (found !== null) {
        adopted = { weights: found.weights, mode: 'drain' };
        for (const server of found.dead) alive[server] = false;
      }
      await settle();
    },

    async pathChanged(server, lives) {
      const was = alive[server];
      alive[server] = lives;
      await settle();
      if (was !== lives) options.onNews();
    },

    async barChanged() {
      await settle();
      options.onNews();
    },

    async take(answer) {
      const taken = await orders.take(answer);
      if (taken) await settle();
      return taken;
    },

    async switchTo(server) {
      if (!servers.includes(server)) return { ok: false, message: `there is no tunnel for "${server}"; there are ${servers.join(', ')}` };
      if (alive[server] === false) return { ok: false, message: `the path to ${server} is dead; nothing was changed` };
      if (options.isBarred(server))
        return { ok: false, message: `the traffic of ${server} comes out wrong (see \`status\`); nothing was changed` };
      const state = keeper.state();
      const { [server]: _released, ...latches } = state.latches;
      await keeper.put({ ...state, latches, manual: { server, epoch: state.epoch } });
      await settle();
      options.onNews();
      return { ok: true, message: `new flows use ${server} until the edge's next epoch (after ${state.epoch})` };
    },

    report() {
      const carrying = applied === null ? null : mostOf(servers, applied.weights);
      const latched = Object.keys(keeper.state().latches);
      const list = problems.list();
      const mptcp = options.mptcp();
      const lastCut = cuts.view().last;
      return {
        site: options.site,
        instance: options.instance,
        version: VERSION,
        seq: keeper.takeSeq(),
        applied: orders.isOutlived() ? keeper.state().epoch : appliedEpoch,
        paths: reportPaths({ ...options, isAlive: (server) => alive[server] === true, isUnfit }),
        ...(carrying === null ? {} : { carrying }),
        ...(latched.length === 0 ? {} : { latched }),
        ...(lastCut === undefined ? {} : { lastCut }),
        ...(mptcp === undefined ? {} : { mptcp }),
        ...(list.length === 0 ? {} : { problems: list }),
      };
    },

    carry: () => applied,
    applied: () => appliedEpoch,
    cuts: cuts.view,
  };
}
