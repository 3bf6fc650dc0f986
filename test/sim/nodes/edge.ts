import type { PollAnswer } from '../../../worker/objects/site-polls.ts';
import type { World } from '../world.ts';
import { FleetNode } from './fleet-node.ts';
import type { Machine } from './machine.ts';
import { SiteNode } from './site-node.ts';
import { VantageNode } from './vantage-node.ts';

const WATCHDOG_MS = 60_000;
const HOLD_MS = 50_000;
const LINGER_MS = 15_000;
/** The platform puts an idle object to sleep; this share of polls finds it asleep. */
const ASLEEP = 0.01;

/** All objects of the edge, and the stateless Worker between them and the routers. */
export class Edge {
  readonly fleet: FleetNode;
  /** By the key of the shard. */
  readonly vantages: Map<string, VantageNode>;
  readonly sites: ReadonlyMap<string, SiteNode>;
  private readonly world: World;
  /** Rises when the whole edge loses its state: what an earlier one sent never arrives. */
  private generation = 0;

  constructor(world: World, sites: readonly string[]) {
    this.world = world;
    this.fleet = new FleetNode(world);
    this.vantages = new Map(world.scene.vantages.map((id) => [id, new VantageNode(world, id)]));
    this.sites = new Map(sites.map((id) => [id, new SiteNode(world, id)]));
  }

  start(fleetText: string): void {
    this.fleet.put(fleetText);
    const watch = (): void => {
      if (this.fleet.machine.isUp) this.fleet.watchdog();
      this.world.after(WATCHDOG_MS, watch);
    };
    this.world.after(WATCHDOG_MS, watch);
  }

  /** Every row of every object is gone; people put the fleet file again. */
  lose(fleetText: string): void {
    this.generation++;
    this.fleet.wipe();
    for (const vantage of this.vantages.values()) vantage.wipe();
    for (const site of this.sites.values()) site.wipe();
    this.world.watch.edgeLost();
    this.fleet.put(fleetText);
  }

  /** Further shards of a vantage come to be when they are first called, as on the platform. @throws when there is no vantage of that name */
  vantage(key: string): VantageNode {
    const node = this.vantages.get(key);
    if (node !== undefined) return node;
    const [id = ''] = key.split('/');
    if (!this.vantages.has(id)) throw new Error(`there is no vantage ${id}`);
    const shard = new VantageNode(this.world, key);
    this.vantages.set(key, shard);
    return shard;
  }

  /** One that is not part of this run takes everything and does nothing. */
  site(id: string): Pick<SiteNode, 'machine' | 'assume'> {
    return this.sites.get(id) ?? { machine: this.fleet.machine, assume: () => undefined };
  }

  /** A message between two objects; lost when the receiver stands still. */
  call(from: Machine, to: Machine, deliver: () => void): void {
    const { generation } = this;
    this.world.net.send(from.name, to.name, () => {
      if (to.isUp && generation === this.generation) deliver();
    });
  }

  /**
   * `POST /agent/v1/poll`, as worker/http/held-poll.ts does it: one answer, after the hold at the latest; the socket lingers. `agent` is the name of the
   * sender on the network.
   */
  poll(agent: Machine, siteId: string, report: unknown, onAnswer: (answer: PollAnswer | { status: 503 }) => void): void {
    const site = this.sites.get(siteId);
    if (site === undefined) return;
    const { generation } = this;
    const answer = (said: PollAnswer | { status: 503 }): void => this.world.net.send(site.machine.name, agent.name, () => onAnswer(said));
    this.world.net.send(agent.name, site.machine.name, () => {
      if (!this.world.truth.hasUplink(siteId)) return;
      if (!site.machine.isUp) return answer({ status: 503 });
      if (this.world.noise.chance(ASLEEP)) site.evict();
      let open = true;
      const once = (said: PollAnswer | { status: 503 }): void => {
        if (open) answer(said);
        open = false;
      };
      const socket = site.open(report, once);
      if (socket === null) return once({ status: 404, detail: 'this site is not in the fleet file' });
      socket.onClose = () => once({ status: 503 });
      const end = (): void => {
        once({ status: 204 });
        this.world.after(LINGER_MS, () => site.machine.isUp && generation === this.generation && site.left(socket));
      };
      this.world.after(open ? HOLD_MS : LINGER_MS, end);
    });
  }
}
