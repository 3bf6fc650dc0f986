import type { Fleet } from './fleet.ts';

/*
 * The world that is recorded into a trace. It knows nothing of the judge: it has vantages that probe, a router that reports, and things that break.
 *
 * Each vantage starts a round every interval, the rounds staggered; an answer takes 20 ms, a silence the timeout. A result that contradicts the last ones
 * is followed by fast probes until `fall` or `rise` of them agree; the first failure anywhere asks the other vantages at once. Each failure comes with a
 * fresh look at the witnesses. The router reports all its paths each second, 600 ms after a path died and 200 ms after one returned, and polls each 45 s.
 */

export interface Line {
  t: number;
  type: string;
  [key: string]: unknown;
}

/** `sees` is well; `blind` reaches neither servers nor witnesses; `late` is slow itself; `liesDown` and `liesUp` reach witnesses, and say so of all servers. */
export type Sight = 'sees' | 'blind' | 'mute' | 'late' | 'liesDown' | 'liesUp';

export type Change = (world: World) => void;

/** Lines `[seconds, what changes, …]` of a story. */
export type Story = readonly (readonly [number, ...Change[]])[];

export const dies = (server: string): Change => both(outsideDown(server), pathDies(server));
export const returns = (server: string): Change => both(outsideUp(server), pathReturns(server));
export const outsideDown =
  (server: string): Change =>
  (world) =>
    world.outside.add(server);
export const outsideUp =
  (server: string): Change =>
  (world) =>
    world.outside.delete(server);
/** `a`, or `a@wan1` where the router has several WANs. */
export const pathDies =
  (path: string): Change =>
  (world) => {
    world.inside.add(path);
    world.reportIn(DEATH_SEEN_MS);
  };
export const pathReturns =
  (path: string): Change =>
  (world) => {
    world.inside.delete(path);
    world.reportIn(LIFE_SEEN_MS);
  };
export const vantage =
  (id: string, sight: Sight): Change =>
  (world) =>
    world.sight.set(id, sight);
export const agentSilent: Change = (world) => {
  world.agent = false;
};
export const agentBack: Change = (world) => {
  world.agent = true;
  world.reportIn(0);
  world.poll();
};
/** How well the router hears a path from now on. */
export const quality =
  (server: string, to: { rttMs?: number; loss?: number }): Change =>
  (world) =>
    world.quality.set(server, to);
/** A line as it stands: a control, or evidence that no world would give. */
export const says =
  (line: Omit<Line, 't'> & { type: string }): Change =>
  (world) =>
    world.say(line);
export const applied =
  (epoch: number): Change =>
  (world) => {
    world.applied = epoch;
    world.poll();
  };

export const pin = (server: string, untilS?: number, site = 'home'): Change =>
  says({ type: 'pin', site, server, ...(untilS === undefined ? {} : { until: Math.round(untilS * 1000) }) });
export const unpin = (site = 'home'): Change => says({ type: 'unpin', site });
export const drill = (site = 'home'): Change => says({ type: 'drill', site });
export const resign = (server: string): Change => says({ type: 'resign', server });
export const maintenance = (server: string, untilS?: number): Change =>
  says({ type: 'maintenance', server, ...(untilS === undefined ? {} : { until: Math.round(untilS * 1000) }) });

function both(...changes: Change[]): Change {
  return (world) => {
    for (const change of changes) change(world);
  };
}

const REPORT_MS = 1000;
const POLL_MS = 45_000;
const DEATH_SEEN_MS = 600;
const LIFE_SEEN_MS = 200;
const SECOND_OPINION_MS = 100;
/** How long a late observer takes: far beyond any timeout. */
const LATE_MS = 9000;

/** The trace of a story, in the order of time, up to `endS` seconds. */
export function record(fleet: Fleet, story: Story, endS: number, wans: readonly string[] = ['']): Line[] {
  return new World(fleet, wans).tell(story, Math.round(endS * 1000));
}

interface Watch {
  vantage: string;
  server: string;
  check: number;
  /** What this vantage believes, and how many results in a row spoke against it. */
  up: boolean;
  against: number;
  busy: boolean;
}

export class World {
  readonly outside = new Set<string>();
  readonly inside = new Set<string>();
  readonly sight = new Map<string, Sight>();
  readonly quality = new Map<string, { rttMs?: number; loss?: number }>();
  agent = true;
  applied = 1;
  readonly #fleet: Fleet;
  readonly #wans: readonly string[];
  readonly #watches: Watch[];
  readonly #queue = new Map<number, (() => void)[]>();
  readonly #lines: Line[] = [];
  #t = 0;

  constructor(fleet: Fleet, wans: readonly string[]) {
    this.#fleet = fleet;
    this.#wans = wans;
    this.#watches = fleet.vantage.flatMap(({ id }) =>
      fleet.server.flatMap((server) =>
        server.check.map((_, check) => ({ vantage: id, server: server.id, check, up: true, against: 0, busy: false })),
      ),
    );
  }

  tell(story: Story, endMs: number): Line[] {
    const { vantage: vantages, probing } = this.#fleet;
    for (const [seconds, ...changes] of story) for (const change of changes) this.#at(Math.round(seconds * 1000), () => change(this));
    vantages.forEach(({ id }, n) => {
      this.#each(Math.round((n * probing.interval_s * 1000) / vantages.length), probing.interval_s * 1000, () => this.#round(id));
    });
    this.#each(0, REPORT_MS, () => this.report());
    this.#at(500, () => this.poll(0));
    this.#each(POLL_MS + 500, POLL_MS, () => this.poll());
    for (const t of this.#times(endMs)) this.#run(t);
    return this.#lines;
  }

  say(line: Omit<Line, 't'> & { type: string }): void {
    const { type, ...rest } = line;
    this.#lines.push({ t: this.#t, type, ...rest });
  }

  reportIn(ms: number): void {
    this.#at(this.#t + ms, () => this.report());
  }

  report(): void {
    if (!this.agent) return;
    for (const { id: site, servers } of this.#fleet.site)
      for (const server of servers) for (const wan of this.#wans) this.#path(site, server, wan);
  }

  poll(epoch = this.applied): void {
    if (!this.agent) return;
    for (const { id: site } of this.#fleet.site) this.say({ type: 'poll', site, applied: epoch });
  }

  #path(site: string, server: string, wan: string): void {
    const alive = !this.inside.has(server) && !this.inside.has(`${server}@${wan}`) && !this.inside.has(`${site}/${server}`);
    const heard = { rttMs: 40, loss: alive ? 0 : 1, ...(alive ? this.quality.get(server) : {}) };
    this.say({ type: 'path', site, server, ...(wan === '' ? {} : { wan }), alive, ...heard });
  }

  #round(id: string): void {
    const sight = this.sight.get(id) ?? 'sees';
    if (sight === 'mute') return;
    if (sight === 'blind') this.#at(this.#t + this.#fleet.probing.timeout_ms, () => this.#witness(id));
    else this.#witness(id);
    for (const watch of this.#watches) if (watch.vantage === id && !watch.busy) this.#probe(watch);
  }

  #witness(id: string): void {
    if (this.sight.get(id) !== 'mute') this.say({ type: 'witness', vantage: id, ok: this.sight.get(id) !== 'blind' });
  }

  #probe(watch: Watch): void {
    const started = this.#t;
    watch.busy = true;
    const sight = this.sight.get(watch.vantage) ?? 'sees';
    const ok = this.#reaches(sight, watch);
    const index = this.#fleet.server.findIndex(({ id }) => id === watch.server);
    const ms = ok ? 20 + 10 * index + watch.check : sight === 'late' ? LATE_MS : this.#fleet.probing.timeout_ms;
    this.#at(started + ms, () => {
      watch.busy = false;
      if (!ok) this.#witness(watch.vantage);
      const { vantage: by, server, check } = watch;
      if (this.sight.get(by) !== 'mute')
        this.say({ type: 'probe', vantage: by, server, check, ok, ...(ok ? {} : { reason: 'timeout' }), ms });
      this.#learn(watch, ok, started);
    });
  }

  #reaches(sight: Sight, { server, check }: Watch): boolean {
    if (sight === 'liesUp') return true;
    if (sight !== 'sees') return false;
    return !this.outside.has(server) && !this.outside.has(`${server}#${check}`);
  }

  #learn(watch: Watch, ok: boolean, started: number): void {
    const { fall, rise, fast_interval_ms } = this.#fleet.probing;
    if (ok === watch.up) {
      watch.against = 0;
      return;
    }
    watch.against++;
    if (watch.against === 1 && !ok) this.#askOthers(watch);
    if (watch.against >= (ok ? rise : fall)) {
      watch.up = ok;
      watch.against = 0;
      return;
    }
    watch.busy = true;
    this.#at(Math.max(this.#t, started + fast_interval_ms), () => this.#probe(watch));
  }

  /** The first suspicion anywhere asks everybody else. */
  #askOthers(watch: Watch): void {
    const others = this.#watches.filter((one) => one !== watch && one.server === watch.server && one.check === watch.check);
    if (others.some((one) => one.against > 0 || !one.up)) return;
    others.forEach((one, n) => {
      this.#at(this.#t + SECOND_OPINION_MS * (n + 1), () => {
        if (!one.busy && this.sight.get(one.vantage) !== 'mute') this.#probe(one);
      });
    });
  }

  #at(t: number, run: () => void): void {
    const there = this.#queue.get(t);
    if (there === undefined) this.#queue.set(t, [run]);
    else there.push(run);
  }

  #each(first: number, everyMs: number, run: () => void): void {
    this.#at(first, () => {
      run();
      this.#each(first + everyMs, everyMs, run);
    });
  }

  *#times(endMs: number): Generator<number> {
    for (;;) {
      const next = Math.min(...this.#queue.keys());
      if (next > endMs) return;
      yield next;
    }
  }

  #run(t: number): void {
    this.#t = t;
    const steps = this.#queue.get(t) ?? [];
    for (let n = 0; n < steps.length; n++) steps[n]?.();
    this.#queue.delete(t);
  }
}
