import type { System } from '../system.ts';
import { Agent } from './agent.ts';
import { Edge } from './edge.ts';
import { fleetRules } from './fleet.ts';

const SOURCES = ['this repository: worker/engine, router-agent/heartbeat, router-agent/life.ts; not a model of them'];

/** Farwatch itself, with a fleet file whose site has these keys beside what it must have. */
function withSite(id: string, name: string, rule: string, site: object): System {
  return {
    id,
    name,
    rule,
    sources: SOURCES,
    start(place) {
      const rules = fleetRules(site);
      const edge: Edge = new Edge(place.world, place.time, rules, (directive) => agent.pushed(directive));
      const agent = new Agent(place, (report) => edge.hear(report));
    },
  };
}

export const farwatch = withSite(
  'farwatch',
  'Farwatch',
  'The code itself, with default settings: three vantages that probe each 10 s, heartbeats driven by traffic, quorum, blame, hold-down, stages.',
  {},
);

export const farwatchQuality = withSite(
  'farwatch-quality',
  'Farwatch + quality',
  'The same with `[site.quality] max_loss = 0.1` in the fleet file, which is off by default: a path that loses more for 30 s loses its place.',
  { quality: { max_loss: 0.1 } },
);
