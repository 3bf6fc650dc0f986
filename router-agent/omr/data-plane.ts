import type { Clock } from '../clock.ts';
import type { Config, Tunnel } from '../config.ts';
import type { DataPlane } from '../dataplane/contract.ts';
import { NO_LINES } from '../dataplane/lines.ts';
import { type Carry, mostOf } from '../life.ts';
import type { Log } from '../log.ts';
import { fail, type Outcome, succeed } from '../outcome.ts';
import { RUN_DIR } from '../own.ts';
import { mustSucceed, type Os } from '../runner.ts';
import { checkCredentials } from './credentials.ts';
import { type OmrStep, planOmrMove } from './move.ts';
import { carryingSection, sectionOf, serversOf } from './servers.ts';
import { readUci } from './uci.ts';

/** A service of OpenMPTCProuter may take its time to restart. */
const RESTART_MS = 120_000;
/** How often the standbys' credentials are tried. */
const CREDENTIALS_EVERY_MS = 600_000;
/** There while a move is under way: a move that was interrupted is done again, whole. */
const MOVING = `${RUN_DIR}/omr-moving`;

export interface OmrOptions {
  config: Config;
  os: Os;
  clock: Clock;
  log: Log;
}

/**
 * Steers an OpenMPTCProuter by its own configuration. It knows one server at a time: all flows are with the server that has the most weight, and a
 * move restarts its proxy and VPN.
 */
export function omrDataPlane({ config, os, clock, log }: OmrOptions): DataPlane {
  const servers = config.tunnel.map(({ server }) => server);
  const sectionFor = new Map(config.tunnel.map((tunnel: Tunnel) => [tunnel.server, sectionOf(tunnel)]));
  const refused = new Map<string, string>();
  /** Servers whose credentials were not refused when they were tried last. */
  const proven = new Set<string>();
  let kernelTrouble: string | null = null;
  let target: string | null = null;
  let checkedAt: number | null = null;
  let tail: Promise<unknown> = Promise.resolve();

  /** A move and a repair must not interleave. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const mine = tail.then(task, task);
    tail = mine.catch((error: unknown) => log.error(`OpenMPTCProuter: ${String(error)}`));
    return mine;
  }

  /** The one with the most weight; another one has to have more, or each stage of a return would restart everything. */
  function targetOf({ weights }: Carry): string | null {
    const most = mostOf(servers, weights);
    if (most === null || target === null || weights[most] !== weights[target]) return most;
    return target;
  }

  async function tryCredentials(server: string): Promise<string | null> {
    const read = await readUci(os);
    if (!read.ok) return read.reason;
    const section = sectionFor.get(server) ?? server;
    const found = serversOf(read.value.uci, read.value.state).find((one) => one.section === section);
    if (found === undefined) return `openmptcprouter has no server ${section}; add it, or name it by \`section\``;
    const done = await checkCredentials(os, read.value.uci, found);
    if (!done.ok) return done.reason;
    if (done.value !== 'refused') return null;
    return `the VPS refuses this router's user and password, so it could not take over; correct openmptcprouter.${section}.password`;
  }

  /** Not in turn: it waits for the VPSs' answers, and a move must not wait for it. */
  async function reviewStandbys(): Promise<void> {
    if (checkedAt !== null && clock.now() - checkedAt < CREDENTIALS_EVERY_MS && refused.size === 0) return;
    checkedAt = clock.now();
    for (const server of servers.filter((one) => one !== target)) {
      const reason = await tryCredentials(server);
      note(server, reason);
    }
  }

  function note(server: string, reason: string | null): void {
    if (reason === null) {
      refused.delete(server);
      proven.add(server);
    } else {
      refused.set(server, reason);
      proven.delete(server);
    }
  }

  async function moveTo(server: string): Promise<Outcome<number>> {
    const read = await readUci(os);
    if (!read.ok) return read;
    const again = os.read(MOVING) !== null;
    const steps = planOmrMove(read.value.uci, read.value.state, sectionFor.get(server) ?? server, { again });
    if (!steps.ok || steps.value.length === 0) return steps.ok ? succeed(0) : steps;
    await os.change(['mkdir', '-p', '-m', '700', RUN_DIR]);
    const marked = os.write(MOVING, server);
    if (!marked.ok) return marked;
    const done = await runSteps(steps.value);
    if (done.ok) await os.change(['rm', '-f', MOVING]);
    return done.ok ? succeed(steps.value.length) : done;
  }

  async function runSteps(steps: readonly OmrStep[]): Promise<Outcome<null>> {
    for (const { argv, why, mayFail } of steps) {
      const done = mustSucceed(argv, await os.change(argv, argv[0]?.startsWith('/etc/init.d/') ? { timeoutMs: RESTART_MS } : {}));
      if (!done.ok && mayFail !== true) return fail(`${why}: ${done.reason}`);
    }
    return succeed(null);
  }

  async function apply(carry: Carry): Promise<Outcome<null>> {
    const wanted = targetOf(carry);
    if (wanted === null) return succeed(null);
    if (wanted !== target && !proven.has(wanted)) {
      const reason = await tryCredentials(wanted);
      note(wanted, reason);
      if (reason !== null) return fail(`${wanted}: ${reason}`);
    }
    const done = await moveTo(wanted);
    if (!done.ok) return done;
    target = wanted;
    if (done.value > 0) log.info(`OpenMPTCProuter moved to ${wanted} by ${done.value} commands`);
    return succeed(null);
  }

  return {
    start: () =>
      inTurn(async () => {
        const read = await readUci(os);
        kernelTrouble = read.ok ? null : read.reason;
        if (!read.ok) return null;
        const section = carryingSection(serversOf(read.value.uci, read.value.state));
        target = servers.find((server) => sectionFor.get(server) === section) ?? null;
        return target === null ? null : { weights: { [target]: 100 }, dead: [] };
      }),
    apply: (carry) => inTurn(() => apply(carry)),
    async reconcile() {
      await reviewStandbys();
      return inTurn(async () => {
        if (target === null) return succeed(null);
        const done = await moveTo(target);
        if (!done.ok) return done;
        if (done.value > 0) log.warn(`somebody else had changed OpenMPTCProuter's server: it is ${target} again`);
        return succeed(null);
      });
    },
    // Heartbeats go to the VPS's own address, by whatever WAN.
    lines: NO_LINES,
    sourceOf: () => undefined,
    complaints: () => [...refused].map(([server, reason]) => `${server}: ${reason}`).concat(kernelTrouble ?? []),
    close: () => undefined,
  };
}
