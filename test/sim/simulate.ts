import { boundMs, unsettled } from './convergence.ts';
import type { Begun, Fault } from './faults/fault.ts';
import { drawFaults, kindOf } from './faults/registry.ts';
import { Broken, type Violation } from './invariants/invariant.ts';
import { INVARIANTS, watchInvariants } from './invariants/registry.ts';
import { Prng } from './prng.ts';
import type { Scene } from './scene.ts';
import { type Counts, Tally } from './tally.ts';
import { TraceRecorder } from './trace.ts';
import { START_MS, World } from './world.ts';

const HOUR_MS = 3_600_000;
/** Faults begin once every vantage has seen every server. */
const WARM_UP_MS = 120_000;
const ROUND_MS = 2 * HOUR_MS;
/** While everything mends, this often somebody looks whether it has. */
const LOOK_MS = 5000;
/** What has settled must stay so. */
const STAYS_MS = 60_000;

export interface Run {
  scene: Scene;
  hours: number;
  /** The sites that are there; the others are empty places. */
  sites: readonly string[];
  /** Round by round; absent: drawn from the seed. */
  faults?: readonly (readonly Fault[])[];
  /** Records the evidence of this site. */
  record?: string;
  onProgress?(done: { hours: number; round: number; steps: number }): void;
}

export interface Outcome {
  violation: Violation | null;
  counts: Counts;
  steps: number;
  rounds: readonly (readonly Fault[])[];
  /** What the faults were that had begun, for people. */
  told: string[];
  trace: TraceRecorder | null;
  /** Virtual time, from the start to the end. */
  ranMs: number;
  /** The longest that mending took, and how long it may take. */
  healedMs: { worst: number; bound: number };
}

/** One run: rounds of faults, each followed by mending, in which everything has to become as the fleet file wants it. Ends at the first violation. */
export function simulate(run: Run): Outcome {
  let tally: Tally | null = null;
  const servers = run.scene.fleet.site.find(({ id }) => id === run.record)?.servers ?? [];
  let recorder: TraceRecorder | null = null;
  const world = new World(run.scene, run.sites, (made) => {
    tally = new Tally(made);
    if (run.record !== undefined) recorder = new TraceRecorder(run.record, servers, () => made.now - START_MS);
    return watchInvariants(made, INVARIANTS, recorder === null ? [tally] : [tally, recorder]);
  });
  const outcome: Omit<Outcome, 'counts' | 'trace' | 'steps' | 'ranMs'> = {
    violation: null,
    rounds: [],
    told: [],
    healedMs: { worst: 0, bound: boundMs(run.scene) },
  };
  try {
    playRounds(run, world, outcome);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    outcome.violation = error.violation;
  }
  const { counts } = tally ?? new Tally(world);
  return { ...outcome, counts, trace: recorder, steps: world.steps, ranMs: world.now - START_MS };
}

type Progress = Pick<Outcome, 'rounds' | 'told' | 'healedMs'>;

function playRounds(run: Run, world: World, outcome: Progress): void {
  world.start();
  world.runUntil(START_MS + WARM_UP_MS);
  const rng = new Prng(`${run.scene.seed}/faults`);
  const endMs = START_MS + run.hours * HOUR_MS;
  for (let round = 0; run.faults === undefined ? world.now < endMs : round < run.faults.length; round++) {
    const leftMs = Math.max(60_000, endMs - world.now - outcome.healedMs.bound / 2);
    const lengthMs = Math.min(ROUND_MS, leftMs);
    const faults = run.faults?.[round] ?? drawFaults(rng.fork(`${round}`), round, lengthMs, run.scene.sites.length);
    outcome.rounds = [...outcome.rounds, faults];
    const begun = schedule(world, faults, outcome);
    world.runUntil(world.now + (run.faults === undefined ? lengthMs : Math.max(0, ...faults.map(({ atMs, forMs }) => atMs + forMs)) + 1));
    mend(world, begun);
    settle(world, outcome);
    run.onProgress?.({ hours: (world.now - START_MS) / HOUR_MS, round, steps: world.steps });
  }
}

function schedule(world: World, faults: readonly Fault[], outcome: Progress): Set<Begun> {
  const underway = new Set<Begun>();
  const roundMs = world.now;
  let over = false;
  for (const fault of faults) {
    world.after(fault.atMs, () => {
      if (over) return;
      const begun = kindOf(fault).begin(world, new Prng(`${world.scene.seed}/fault/${fault.id}`), fault.forMs);
      if (begun === null) return;
      outcome.told.push(`${Math.round((world.now - START_MS) / 1000)} s: ${begun.says} (${Math.round(fault.forMs / 1000)} s, ${fault.id})`);
      underway.add(begun);
      world.after(fault.forMs, () => {
        if (underway.delete(begun)) begun.end();
      });
    });
  }
  world.after(0, () => undefined);
  return Object.assign(underway, {
    close: () => {
      over = true;
      return roundMs;
    },
  });
}

/** Nothing is broken any more, and nobody wishes anything. */
function mend(world: World, underway: Set<Begun>): void {
  (underway as Set<Begun> & { close(): void }).close();
  for (const begun of underway) begun.end();
  underway.clear();
  world.putFleet(world.scene.fleetText);
  for (const server of world.scene.servers) world.edge.fleet.setMaintenance(server, null);
  for (const [id, site] of world.edge.sites) {
    const t = site.machine.clock.read(world.now);
    world.watch.asked(id, { type: 'unpin' }, site.control({ type: 'unpin' }), t);
  }
  for (const router of world.routers.values()) {
    for (let place = 1; place < router.boxes.length; place++) world.killAgent(router, place);
    router.boxes.splice(1);
    router.agents.splice(1);
    world.startAgent(router, 0);
  }
}

/** @throws Broken when a site is not as it should be in time, or does not stay so */
function settle(world: World, outcome: Progress): void {
  const mendedMs = world.now;
  const { bound } = outcome.healedMs;
  let calmMs: number | null = null;
  while (calmMs === null || world.now < calmMs + STAYS_MS) {
    world.runUntil(world.now + LOOK_MS);
    const late = [...world.routers.keys()].map((site) => ({ site, what: unsettled(world, site) })).find(({ what }) => what !== null);
    if (late?.what == null) calmMs ??= world.now;
    else if (world.now > mendedMs + bound)
      fail(world, late.site, `${(world.now - mendedMs) / 1000} s after everything was mended: ${late.what}`);
    else calmMs = null;
  }
  outcome.healedMs.worst = Math.max(outcome.healedMs.worst, calmMs - mendedMs);
}

function fail(world: World, site: string, what: string): never {
  throw new Broken({ invariant: 'convergence', tMs: world.now - START_MS, site, what });
}
