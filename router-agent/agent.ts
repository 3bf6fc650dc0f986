import { MAX_PATHS, type Report } from '../worker/protocol/report.ts';
import type { Clock } from './clock.ts';
import type { DataPlane, Found } from './dataplane/contract.ts';
import { judgeDirective } from './directive.ts';
import type { PathState } from './heartbeat/monitor.ts';
import type { Keeper } from './keeper.ts';
import { type Carry, decideLife, type LifeInput, mostOf, sameCarry } from './life.ts';
import type { Log } from './log.ts';
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
  /** The edge speaks of epochs below ours: it has lost its state, or we have lost ours, and it has to go above. */
  let outlived = false;
  let lastCut: Report['lastCut'];
  let cuts = 0;
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
      if (before !== null) noteCut(before, decision.carry, { decidedAt, lastHeard });
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

  function noteCut(
    before: Carry,
    after: Carry,
    { decidedAt, lastHeard }: { decidedAt: number; lastHeard: Map<string, number | null> },
  ): void {
    const from = mostOf(servers, before.weights);
    const to = mostOf(servers, after.weights);
    if (from === null || to === null || from === to) return;
    if (alive[from] !== false) {
      log.info(`traffic moves from ${from} to ${to}`);
      return;
    }
    cuts += 1;
    const applyMs = round(clock.now() - decidedAt);
    const heardAt = lastHeard.get(from) ?? null;
    if (heardAt === null) {
      log.warn(`cut: ${from} was never heard, traffic moved to ${to} in ${applyMs} ms`);
      return;
    }
    const silenceMs = round(Math.max(0, decidedAt - heardAt));
    lastCut = { from, to, at: clock.wall(), silenceMs, applyMs };
    log.warn(`cut: ${from} was silent for ${silenceMs} ms, traffic moved to ${to} in ${applyMs} ms`);
  }

  /** Servers of the site that carry nothing now: no reason to refuse, but they could never take over. */
  function noteStrangers(strangers: readonly string[]): void {
    if (strangers.length === 0) problems.clear('server-without-tunnel');
    else
      problems.set({
        kind: 'server-without-tunnel',
        message: `the fleet file gives this site ${strangers.join(', ')}, but this router has no tunnel for that`,
      });
  }

  /** To the edge a standby whose traffic comes out wrong is as good as dead: it must not be elected. */
  function isUnfit(server: string): boolean {
    return options.isBarred(server) && (applied?.weights[server] ?? 0) === 0;
  }

  /** By WAN where they are told apart, as far as a report has room. */
  function pathReports(): Report['paths'] {
    const single = servers.map((server) =>
      pathReport(server, { ...options.pathOf(server), alive: alive[server] === true && !isUnfit(server) }),
    );
    const whole = servers.flatMap((server, index) => {
      const known = options.wansOf(server);
      const own = known.some(({ bound }) => bound) ? [] : single.slice(index, index + 1);
      return [
        ...own,
        ...known.map((path) => ({ ...pathReport(server, { ...path, alive: path.alive && !isUnfit(server) }), wan: path.wan })),
      ];
    });
    return whole.length <= MAX_PATHS ? whole : single;
  }

  function pathReport(server: string, path: Pick<WanPath, 'alive' | 'rttMs' | 'loss'>): Report['paths'][number] {
    return { server, alive: path.alive, rttMs: path.rttMs === null ? null : round(path.rttMs), loss: round(path.loss) };
  }

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
      const verdict = judgeDirective(keeper.state(), answer, servers);
      outlived = verdict.kind === 'refused' && verdict.epoch !== null && verdict.epoch < keeper.state().epoch;
      if (verdict.kind === 'refused') {
        problems.set({ kind: 'directive-refused', ...(verdict.epoch === null ? {} : { epoch: verdict.epoch }), message: verdict.reason });
        return false;
      }
      problems.clear('directive-refused');
      noteStrangers(verdict.strangers);
      if (verdict.kind === 'accepted') {
        const directive = verdict.state.directive;
        log.info(`directive ${directive?.epoch}: ${JSON.stringify(directive?.weights)} by ${directive?.mode} (${directive?.why})`);
        await keeper.put(verdict.state);
      } else if (verdict.released.length > 0) await keeper.put(verdict.state);
      await settle();
      return true;
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
      return {
        site: options.site,
        instance: options.instance,
        version: VERSION,
        seq: keeper.takeSeq(),
        applied: outlived ? keeper.state().epoch : appliedEpoch,
        paths: pathReports(),
        ...(carrying === null ? {} : { carrying }),
        ...(latched.length === 0 ? {} : { latched }),
        ...(lastCut === undefined ? {} : { lastCut }),
        ...(mptcp === undefined ? {} : { mptcp }),
        ...(list.length === 0 ? {} : { problems: list }),
      };
    },

    carry: () => applied,
    applied: () => appliedEpoch,
    cuts: () => ({ count: cuts, last: lastCut }),
  };
}

/** Milliseconds and shares with three digits: enough, and short on the wire. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
