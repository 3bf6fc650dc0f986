import type { Ticket } from '../queue.ts';
import type { World } from '../world.ts';

/*
 * The agent's heartbeats, without each single one: when a path dies or comes back, the news comes after as long as heartbeats and burst take
 * (router-agent/heartbeat). What lasts shorter is never noticed. A death is told only with a second opinion, as `council.ts` has it.
 */

/** One heartbeat interval, a deadline and a burst at most. */
export const DEATH_TOLD_MS = { least: 120, most: 700 };
/** Five clean answers in a row. */
export const LIFE_TOLD_MS = { least: 800, most: 1400 };
/** Of a start: the first answer, or the patience of the first deadline and a burst. */
const FIRST_LIFE_MS = { least: 5, most: 250 };
const FIRST_DEATH_MS = { least: 650, most: 1200 };

interface Path {
  truth: boolean;
  told: boolean | null;
  ticket: Ticket | null;
}

function note(path: Path, alive: boolean): void {
  path.told = alive;
}

export class Detector {
  private readonly world: World;
  private readonly site: string;
  private readonly servers: readonly string[];
  private readonly onTold: (server: string, alive: boolean) => void;
  private readonly paths = new Map<string, Path>();
  private readonly wans = new Map<string, Path>();
  private readonly waiting = new Set<string>();
  private stopped = false;

  constructor(world: World, site: string, servers: readonly string[], onTold: (server: string, alive: boolean) => void) {
    this.world = world;
    this.site = site;
    this.servers = servers;
    this.onTold = onTold;
    for (const server of servers) {
      this.paths.set(server, { truth: world.truth.reaches(site, server), told: null, ticket: null });
      for (const wan of world.scene.wans)
        this.wans.set(`${wan}/${server}`, { truth: world.truth.alive(site, wan, server), told: null, ticket: null });
    }
    for (const server of servers) this.expect(this.path(server), (alive) => this.tell(server, alive));
    for (const path of this.wans.values()) this.expect(path, (alive) => note(path, alive));
  }

  stop(): void {
    this.stopped = true;
  }

  /** Something about the paths to these servers has changed in the world. */
  look(servers: readonly string[]): void {
    for (const server of servers) {
      this.see(this.path(server), this.world.truth.reaches(this.site, server), (alive) => this.tell(server, alive));
      for (const wan of this.world.scene.wans) {
        const path = this.wans.get(`${wan}/${server}`);
        if (path !== undefined) this.see(path, this.world.truth.alive(this.site, wan, server), (alive) => note(path, alive));
      }
    }
    this.deliverWhatIsClear();
  }

  /** As a report has it: null before there is evidence. */
  told(server: string, wan?: string): boolean | null {
    return (wan === undefined ? this.path(server) : this.wans.get(`${wan}/${server}`))?.told ?? null;
  }

  private see(path: Path, truth: boolean, tell: (alive: boolean) => void): void {
    if (path.truth === truth) return;
    path.truth = truth;
    this.expect(path, tell);
  }

  private expect(path: Path, tell: (alive: boolean) => void): void {
    if (path.ticket !== null) path.ticket.off = true;
    path.ticket = null;
    const { truth } = path;
    const span = path.told === null ? (truth ? FIRST_LIFE_MS : FIRST_DEATH_MS) : truth ? LIFE_TOLD_MS : DEATH_TOLD_MS;
    const afterMs = span.least + Math.floor(this.world.noise.next() * (span.most - span.least));
    path.ticket = this.world.after(afterMs, () => {
      path.ticket = null;
      if (!this.stopped) tell(truth);
    });
  }

  private tell(server: string, alive: boolean): void {
    if (alive) {
      this.waiting.delete(server);
      this.deliver(server, true);
    } else if (this.path(server).told !== false) this.waiting.add(server);
    this.deliverWhatIsClear();
  }

  private deliver(server: string, alive: boolean): void {
    const path = this.path(server);
    if (path.told === alive) return;
    path.told = alive;
    this.onTold(server, alive);
  }

  private deliverWhatIsClear(): void {
    if (this.waiting.size === 0 || this.stopped) return;
    const isLost = (server: string): boolean => this.waiting.has(server) || this.path(server).told !== true;
    const allSilent = this.servers.every(isLost);
    const someoneAnswers = this.servers.some((server) => !isLost(server) && this.path(server).truth);
    if (!allSilent && !someoneAnswers) return;
    const clear = [...this.waiting];
    this.waiting.clear();
    for (const server of clear) this.path(server).told = false;
    for (const server of clear) this.onTold(server, false);
  }

  private path(server: string): Path {
    const path = this.paths.get(server);
    if (path === undefined) throw new Error(`there is no tunnel to ${server}`);
    return path;
  }
}
