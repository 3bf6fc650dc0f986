import type { SiteEvent } from '../../worker/engine/types.ts';
import type { VantageEvent } from '../../worker/engine/vantage.ts';
import { shardOfKey } from '../../worker/objects/fleet-shards.ts';
import type { FleetTurnSeen, SiteTurn, Watch } from './watch.ts';

/** The run's evidence as the edge heard it, in the lines that `npm run replay` takes. Times count from the start of the run. */
export class TraceRecorder implements Partial<Watch> {
  readonly lines: string[] = [];
  private readonly now: () => number;
  private readonly only: string;
  private readonly servers: ReadonlySet<string>;

  /** Only of one site and its servers: who reads it looks for one fault. `now`: milliseconds since the start of the run. */
  constructor(site: string, servers: readonly string[], now: () => number) {
    this.only = site;
    this.servers = new Set(servers);
    this.now = now;
  }

  evidence(shard: string, event: VantageEvent): void {
    const { vantage } = shardOfKey(shard);
    if (event.type === 'witness') {
      this.add({ type: 'witness', vantage, ok: event.ok });
      return;
    }
    const { server, check, ok, reason, ms } = event;
    if (this.servers.has(server)) this.add({ type: 'probe', vantage, server, check, ok, reason, ms });
  }

  siteTurn({ site, events, t }: SiteTurn): void {
    if (site !== this.only) return;
    for (const event of events) {
      if (event.type === 'resign') this.add({ ...event });
      else if (event.type !== 'health' && event.type !== 'latched') this.add({ ...event, site, ...this.until(event, t) });
    }
  }

  fleetTurn({ events, t }: FleetTurnSeen): void {
    for (const event of events) {
      if (event.type === 'votes' || !this.servers.has(event.server)) continue;
      const until = event.type === 'maintenance' && event.until !== undefined ? { until: this.now() + event.until - t } : {};
      this.add({ type: event.type, server: event.server, ...until });
    }
  }

  /** All lines, closed by one that lets timers fire up to now. */
  text(): string {
    return `${[...this.lines, JSON.stringify({ t: this.now(), type: 'end' })].join('\n')}\n`;
  }

  private until(event: SiteEvent, t: number): { until?: number } {
    return event.type === 'pin' && event.until !== undefined ? { until: Math.max(0, this.now() + event.until - t) } : {};
  }

  private add(line: object): void {
    this.lines.push(JSON.stringify({ t: this.now(), ...line }));
  }
}
