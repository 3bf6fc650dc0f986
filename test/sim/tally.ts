import type { DirectiveEffect } from '../../worker/engine/types.ts';
import { exposedSince } from './invariants/dead-path.ts';
import { Paths } from './invariants/paths.ts';
import type { SiteTurn, Watch } from './watch.ts';
import type { World } from './world.ts';

/** What a run came to, in numbers. */
export interface Counts {
  directives: number;
  /** Directives that made another server Active. */
  switches: number;
  /** Returns to a preferred server that began. */
  failbacks: number;
  /** Cuts that routers made by themselves. */
  localCuts: number;
  /** Users' traffic on a dead path while a living one was known or could have been, of all sites. */
  deadPathMs: number;
  verdicts: number;
  polls: number;
  probes: number;
}

export class Tally implements Partial<Watch> {
  readonly counts: Counts = {
    directives: 0,
    switches: 0,
    failbacks: 0,
    localCuts: 0,
    deadPathMs: 0,
    verdicts: 0,
    polls: 0,
    probes: 0,
  };
  private readonly world: World;
  private readonly paths: Paths;
  private readonly exposed = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
    this.paths = new Paths(world);
  }

  evidence(_shard: string, event: { type: string }): void {
    if (event.type === 'probe') this.counts.probes++;
  }

  fleetTurn({ news }: Parameters<Watch['fleetTurn']>[0]): void {
    this.counts.verdicts += news.entries.length;
  }

  siteHeard(): void {
    this.counts.polls++;
  }

  siteTurn({ before, effects }: SiteTurn): void {
    for (const effect of effects) if (effect.type === 'directive') this.directive(effect, before?.active ?? null);
  }

  settled({ agent, decision }: Parameters<Watch['settled']>[0]): void {
    if (decision.latch.length > 0) this.counts.localCuts++;
    if (agent.box.main) this.measure(agent.box.site);
  }

  agentChanged(agent: Parameters<Watch['agentChanged']>[0]): void {
    if (agent.box.main) this.measure(agent.box.site);
  }

  truthChanged(key: string): void {
    this.paths.truthChanged(key);
    for (const { router } of this.world.pathsBehind(key)) this.measure(router.site);
  }

  private directive({ active, blame }: DirectiveEffect, was: string | null): void {
    this.counts.directives++;
    if (was !== null && was !== active) this.counts.switches++;
    if (blame === 'preempt') this.counts.failbacks++;
  }

  private measure(site: string): void {
    const before = this.exposed.get(site);
    if (before !== undefined) this.counts.deadPathMs += Math.max(0, this.world.now - before);
    this.exposed.delete(site);
    const since = exposedSince({ world: this.world, paths: this.paths }, site);
    if (since !== null) this.exposed.set(site, since);
  }
}
