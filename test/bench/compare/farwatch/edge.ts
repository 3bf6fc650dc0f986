import { emptyFleet, stepFleet } from '../../../../worker/engine/fleet.ts';
import { siteDueMs } from '../../../../worker/engine/site.ts';
import type { SiteEvent } from '../../../../worker/engine/types.ts';
import { eventsOfReport } from '../../../../worker/objects/site-evidence.ts';
import { NO_FACTS, type SiteFacts } from '../../../../worker/objects/site-facts.ts';
import { takeTurn } from '../../../../worker/objects/site-turn.ts';
import type { Directive } from '../../../../worker/protocol/directive.ts';
import type { Report } from '../../../../worker/protocol/report.ts';
import { SERVERS, type Server, VANTAGES } from '../world/episode.ts';
import type { VirtualTime } from '../world/virtual-time.ts';
import type { World } from '../world/world.ts';
import type { FleetRules } from './fleet.ts';
import { type Told, VantageNode } from './vantage.ts';

/** Between objects of the edge, and an alarm's lateness. */
const HOP_MS = 30;
const ALARM_LATE_MS = 5;

/** The edge: vantages, the fleet's quorum and one site's judge, the real ones, without storage and sockets. */
export class Edge {
  private readonly time: VirtualTime;
  private readonly rules: FleetRules;
  private readonly vantages: readonly VantageNode[];
  private readonly asked = new Map<Server, number>();
  private readonly push: (directive: Directive) => void;
  private fleet = emptyFleet();
  private facts: SiteFacts = { ...NO_FACTS };
  private alarmAt = Number.POSITIVE_INFINITY;
  private disarm = (): void => undefined;

  constructor(world: World, time: VirtualTime, rules: FleetRules, push: (directive: Directive) => void) {
    this.time = time;
    this.rules = rules;
    this.push = push;
    const tell = (told: Told) => void time.after(HOP_MS, () => this.heard(told));
    this.vantages = VANTAGES.map((id, i) => new VantageNode(id, i / VANTAGES.length, { world, time }, rules, tell));
    this.turn([]);
  }

  /** A poll's report; the directive that it has not applied yet, or null. */
  hear(report: Report): Directive | null {
    this.turn(eventsOfReport(report, this.facts), report);
    const { directive } = this.facts;
    return directive !== null && directive.epoch > report.applied ? directive : null;
  }

  private heard({ vantage, sighted, votes, suspects }: Told): void {
    const t = Math.floor(this.time.now());
    const rules = { probing: this.rules.probing, servers: SERVERS };
    const { state, effects } = stepFleet(this.fleet, rules, { t, events: [{ type: 'votes', vantage, sighted, votes }] });
    this.fleet = state;
    this.askOthers(vantage, suspects);
    const events = effects.map(({ server, to, why }): SiteEvent => ({ type: 'health', server, health: to, why }));
    if (events.length > 0) this.turn(events);
  }

  /** The second opinion of worker/objects/second-opinions.ts: at once, each server once in a fast interval. */
  private askOthers(vantage: string, suspects: readonly Server[]): void {
    for (const server of suspects) {
      if (this.time.now() < (this.asked.get(server) ?? Number.NEGATIVE_INFINITY) + this.rules.probing.fastIntervalMs) continue;
      this.asked.set(server, this.time.now());
      for (const other of this.vantages) if (other.id !== vantage) this.time.after(HOP_MS, () => other.round([server]));
    }
  }

  private turn(events: readonly SiteEvent[], report?: Report): void {
    const before = this.facts.directive;
    const t = Math.floor(this.time.now());
    this.facts = takeTurn(this.facts, this.rules.site, { t, events, ...(report === undefined ? {} : { report }) }).facts;
    const { directive } = this.facts;
    if (directive !== null && directive !== before) this.push(directive);
    this.arm();
  }

  private arm(): void {
    const dueMs = this.facts.state === null ? null : siteDueMs(this.facts.state);
    if (dueMs === null || dueMs === this.alarmAt) return;
    this.disarm();
    this.alarmAt = dueMs;
    this.disarm = this.time.after(dueMs + ALARM_LATE_MS - this.time.now(), () => {
      this.alarmAt = Number.POSITIVE_INFINITY;
      this.turn([]);
    });
  }
}
