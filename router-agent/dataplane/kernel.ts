import type { Clock } from '../clock.ts';
import type { Config, Tunnel } from '../config.ts';
import type { TunnelDriver } from '../drivers/driver.ts';
import { removeStrays } from '../drivers/strays.ts';
import type { Carry } from '../life.ts';
import type { Log } from '../log.ts';
import { type Outcome, succeed } from '../outcome.ts';
import type { Os } from '../runner.ts';
import { applySteps } from './apply.ts';
import type { DataPlane, Found } from './contract.ts';
import { sayFarewell } from './farewell.ts';
import { createLines } from './lines.ts';
import type { Desired, Lane, Observed } from './model.ts';
import { steeringOf } from './nft.ts';
import { type NftSession, openNftSession } from './nft-session.ts';
import { observe } from './observe.ts';
import { blockSteps, heartbeatSource, planSteps } from './plan.ts';
import { policyOf } from './policy.ts';
import { ensureTickleDevice, openTicklePort, type TicklePort } from './tickle-device.ts';
import { createTunnels } from './tunnels.ts';

export interface KernelOptions {
  config: Config;
  os: Os;
  clock: Clock;
  log: Log;
  driverOf(tunnel: Tunnel): TunnelDriver;
  /** Keeps the old value of a setting over restarts; the first one counts. */
  remember(path: string, old: string): void;
  /** Dry runs have no session. */
  session: boolean;
}

/** The kernel's nft table, rules and routes. Each change is: observe → plan → apply; a switch skips the looking, because it must be quick. */
export function kernelDataPlane(options: KernelOptions): DataPlane {
  const { config, os, log } = options;
  const policy = policyOf(config);
  const { lanes } = policy;
  const lines = createLines({ config, os, log, driverOf: options.driverOf });
  const session: NftSession | null = options.session ? openNftSession(os, options.clock, log) : null;
  const tunnels = createTunnels({ tunnels: config.tunnel, os, clock: options.clock, log, driverOf: options.driverOf });
  let kernelTrouble: string | null = null;
  let swept = false;
  /** Undefined: not tried yet; null: this kernel cannot. */
  let ticklePort: TicklePort | null | undefined;
  let carry: Carry | null = null;
  /** What the kernel does, as far as known; null: look before the next change. */
  let seen: Observed | null = null;
  let sources: Record<string, string | undefined> = {};
  let tail: Promise<unknown> = Promise.resolve();
  /** One after the other; those that are asked for while one is under way are one. */
  let repairs: Promise<unknown> = Promise.resolve();
  let nextRepair: Promise<Outcome<null>> | null = null;
  /** How many switches were asked for. */
  let switches = 0;

  const desiredFor = (wanted: Carry): Desired => ({
    ...policy,
    endpoints: lanes.flatMap(({ server }) => lines.endpointOf(server) ?? []),
    carry: wanted,
  });

  /** A switch and a repair must not interleave. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const mine = tail.then(task, task);
    tail = mine.catch((error: unknown) => log.error(`data plane: ${String(error)}`));
    return mine;
  }

  /** Before anything else: making tunnels can take a while. */
  async function block(): Promise<void> {
    if (!policy.killSwitch) return;
    const observed = await look();
    const done = observed.ok ? await applySteps(os, blockSteps(policy, observed.value), { remember: options.remember, session }) : observed;
    if (!done.ok) log.error(`the kill switch does not stand yet: ${done.reason}`);
  }

  /** What it lacks is said once: without it only those that do not send learn of a cut late. */
  async function bringTickleUp(): Promise<void> {
    if (ticklePort === null) return;
    const done = await ensureTickleDevice(os);
    if (done.ok) {
      ticklePort ??= openTicklePort();
      return;
    }
    ticklePort?.close();
    ticklePort = null;
    log.warn(`TCP connections that only receive will learn of a cut when they next send: this kernel has no VXLAN (${done.reason})`);
  }

  /** Once: what an earlier configuration left can only be there from before our start. */
  async function sweep(): Promise<void> {
    if (swept) return;
    swept = true;
    for (const line of await removeStrays(
      config.tunnel.flatMap(({ device }) => device ?? []),
      os,
    ))
      log.info(line);
  }

  async function look(): Promise<Outcome<Observed>> {
    return adopt(await observe(os, lanes));
  }

  function adopt(observed: Outcome<Observed>): Outcome<Observed> {
    if (!observed.ok) return observed;
    seen = observed.value;
    sources = Object.fromEntries(lanes.map((lane) => [lane.server, heartbeatSource(lane, observed.value)]));
    return observed;
  }

  /** Looks, plans, applies. Answers how many steps it took. */
  async function converge(wanted: Carry): Promise<Outcome<number>> {
    return repair(wanted, await look());
  }

  async function repair(wanted: Carry, observed: Outcome<Observed>): Promise<Outcome<number>> {
    if (!observed.ok) return observed;
    const steps = planSteps(desiredFor(wanted), observed.value);
    for (const step of steps) log.debug(`${step.why}`);
    const done = await applySteps(os, steps, { remember: options.remember, session });
    if (!done.ok) {
      seen = null;
      return done;
    }
    if (steps.length > 0) await look();
    return succeed(steps.length);
  }

  /** The quick way, from what was seen last: only the maps differ. */
  async function steer(wanted: Carry, observed: Observed): Promise<Outcome<null>> {
    const desired = desiredFor(wanted);
    const steps = planSteps(desired, observed);
    const done = await applySteps(os, steps, { remember: options.remember, session });
    seen = done.ok && observed.table !== null ? { ...observed, table: { ...observed.table, steering: steeringOf(desired) } } : null;
    return done;
  }

  /**
   * Everything that starts programs only to look is done out of turn: a cut that comes meanwhile waits for none of it. What was seen before a switch is
   * no basis for a repair after it: then it is looked at again, by the next one.
   */
  async function repairAll(): Promise<Outcome<null>> {
    // A tunnel's program may take its time. At rest all of them ask the same, together.
    const [amiss] = await Promise.all([tunnels.bringUp(), lines.refresh(), carry === null ? null : bringTickleUp()]);
    if (amiss) await lines.refresh();
    if (carry === null) return succeed(null);
    const before = switches;
    const observed = await observe(os, lanes);
    const done = await inTurn(async () => {
      if (carry === null || switches !== before) return succeed(0);
      return repair(carry, adopt(observed));
    });
    if (!done.ok) return done;
    session?.warm();
    await sweep();
    if (done.value > 0) log.warn(`repaired ${done.value} rule(s) or route(s) that were changed by something else`);
    return succeed(null);
  }

  const farewell = {
    os,
    clock: options.clock,
    log,
    port: () => ticklePort ?? null,
    isDead: (mark: number) => lanes.some((lane) => lane.mark === mark && carry?.dead.includes(lane.server)),
  };

  async function apply(wanted: Carry): Promise<Outcome<null>> {
    const before =
      carry?.dead ??
      seen?.table?.steering.dead.flatMap((mark) => lanes.filter((lane) => lane.mark === mark).map((lane) => lane.server)) ??
      [];
    const quick = seen?.table == null ? null : await steer(wanted, seen);
    if (quick?.ok !== true) {
      const whole = await converge(wanted);
      if (!whole.ok) return whole;
    }
    carry = wanted;
    const died = lanes.filter((lane) => wanted.dead.includes(lane.server) && !before.includes(lane.server)).map((lane) => lane.mark);
    // Not before the caller knows that the switch is done: starting programs takes longer than the switch itself.
    if (died.length > 0) options.clock.after(0, () => void sayFarewell(farewell, died, seen?.routes[6].length === 0 ? [4] : [4, 6]));
    return succeed(null);
  }

  return {
    async start() {
      await inTurn(block);
      await tunnels.bringUp();
      await lines.refresh();
      return inTurn(async () => {
        await bringTickleUp();
        const observed = await look();
        kernelTrouble = observed.ok ? null : observed.reason;
        return observed.ok ? foundIn(lanes, observed.value) : null;
      });
    },
    apply(wanted) {
      switches += 1;
      return inTurn(() => (carry === null ? converge(wanted).then((done) => firstApplied(done, wanted)) : apply(wanted)));
    },
    reconcile() {
      nextRepair ??= repairs.then(() => {
        nextRepair = null;
        return repairAll();
      });
      repairs = nextRepair.catch(() => undefined);
      return nextRepair;
    },
    lines,
    sourceOf: (server) => sources[server] ?? null,
    complaints: () => [...tunnels.complaints(), ...(kernelTrouble === null ? [] : [`kernel: ${kernelTrouble}`])],
    close() {
      session?.close();
      ticklePort?.close();
    },
  };

  function firstApplied(done: Outcome<number>, wanted: Carry): Outcome<null> {
    if (!done.ok) return done;
    carry = wanted;
    session?.warm();
    log.info(done.value === 0 ? 'the kernel does already what is wanted: nothing changed' : `installed ${done.value} rule(s) and route(s)`);
    return succeed(null);
  }
}

/** What an agent before us left in the kernel, by server. */
function foundIn(lanes: readonly Lane[], observed: Observed): Found | null {
  const steering = observed.table?.steering;
  if (steering === undefined || steering.weights.length === 0) return null;
  const share = (mark: number) => steering.weights.filter((range) => range[2] === mark).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return {
    weights: Object.fromEntries(lanes.map((lane) => [lane.server, share(lane.mark)])),
    dead: lanes.filter((lane) => steering.dead.includes(lane.mark)).map((lane) => lane.server),
  };
}
