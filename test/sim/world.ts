import { Network } from './network.ts';
import { NodeClock } from './node-clock.ts';
import { AgentNode, type Box, ROUTER_SKEW_MS } from './nodes/agent-node.ts';
import { Edge } from './nodes/edge.ts';
import { Machine } from './nodes/machine.ts';
import { Prng } from './prng.ts';
import { Queue, type Ticket } from './queue.ts';
import type { Scene } from './scene.ts';
import { Truth } from './truth.ts';
import type { Watch } from './watch.ts';

/** Virtual time begins here: 2023-11-14T22:13:20Z, so that numbers look as in life. Milliseconds. */
export const START_MS = 1_700_000_000_000;

/** Agents of one site; the first box carries the users' traffic. */
export interface Router {
  site: string;
  boxes: Box[];
  agents: (AgentNode | null)[];
}

/** The simulated world: what is true, who is there, and what is to come. */
export class World {
  readonly scene: Scene;
  readonly noise: Prng;
  readonly truth: Truth;
  readonly net: Network;
  readonly edge: Edge;
  readonly routers: ReadonlyMap<string, Router>;
  readonly watch: Watch;
  now = START_MS;
  /** How many things have happened. */
  steps = 0;
  /** The fleet file in force; an edge that lost its state gets it again. */
  fleetText: string;
  private readonly queue = new Queue();
  private readonly behind = new Map<string, readonly { router: Router; servers: readonly string[] }[]>();
  private lives = 0;

  /** `watch` is made from the world, which is still being made: it may keep it, and look at it later. */
  constructor(scene: Scene, sites: readonly string[], watch: (world: World) => Watch) {
    this.scene = scene;
    this.fleetText = scene.fleetText;
    this.noise = new Prng(`${scene.seed}/noise`);
    this.truth = new Truth(scene, (key) => this.truthChanged(key));
    this.net = new Network(this.noise.fork('network'), (ms, run) => this.after(ms, run));
    this.watch = watch(this);
    this.routers = new Map(sites.map((site) => [site, { site, boxes: [this.newBox(site, true)], agents: [null] }]));
    this.edge = new Edge(this, sites);
  }

  /** The fleet file is put, every router's agent starts. */
  start(): void {
    this.edge.start(this.scene.fleetText);
    for (const router of this.routers.values()) this.after(this.noise.int(0, 5000), () => this.startAgent(router, 0));
    const minute = (): void => {
      this.watch.minute();
      this.after(60_000, minute);
    };
    this.after(60_000, minute);
  }

  putFleet(text: string): void {
    this.fleetText = text;
    this.edge.fleet.put(text);
    this.watch.reconfigured();
  }

  after(ms: number, run: () => void): Ticket {
    return this.queue.push(this.now + ms, run);
  }

  /** Lets everything happen up to then. */
  runUntil(untilMs: number, isOver: () => boolean = () => false): void {
    let reached = false;
    this.queue.push(untilMs, () => {
      reached = true;
    });
    while (!reached && !isOver()) {
      const next = this.queue.pop();
      if (next === null) return;
      this.now = next.t;
      this.steps++;
      next.run();
    }
  }

  startAgent(router: Router, place: number): void {
    const box = router.boxes[place];
    if (box === undefined || router.agents[place]?.isRunning || !box.machine.isUp) return;
    const agent = new AgentNode(this, box, `i${++this.lives}`);
    router.agents[place] = agent;
    this.watch.agentChanged(agent);
  }

  killAgent(router: Router, place: number): void {
    const agent = router.agents[place];
    if (agent === null || agent === undefined || !agent.isRunning) return;
    agent.kill();
    this.watch.agentChanged(agent);
  }

  newBox(site: string, main: boolean): Box {
    const machine = new Machine(`a/${site}`, new NodeClock(ROUTER_SKEW_MS));
    const servers = this.scene.fleet.site.find(({ id }) => id === site)?.servers ?? [];
    return { site, machine, servers: [...servers].sort(), disk: null, kernel: null, main };
  }

  /** @throws when the site is not part of this run */
  router(site: string): Router {
    const router = this.routers.get(site);
    if (router === undefined) throw new Error(`there is no router ${site}`);
    return router;
  }

  /** The paths of routers that what has changed (a key of `Truth`) may have changed: of which site, and to which of its servers. */
  pathsBehind(key: string): readonly { router: Router; servers: readonly string[] }[] {
    const known = this.behind.get(key);
    if (known !== undefined) return known;
    const [what, first = '', , server = ''] = key.split('/');
    const found: { router: Router; servers: readonly string[] }[] = [];
    for (const router of this.routers.values()) {
      const mine = router.boxes[0]?.servers ?? [];
      if (what === 'server' && mine.includes(first)) found.push({ router, servers: [first] });
      if (what === 'wan' && router.site === first) found.push({ router, servers: mine });
      if (what === 'path' && router.site === first) found.push({ router, servers: [server] });
    }
    this.behind.set(key, found);
    return found;
  }

  private truthChanged(key: string): void {
    this.watch.truthChanged(key);
    for (const { router, servers } of this.pathsBehind(key)) for (const agent of router.agents) agent?.look(servers);
  }
}
