import type { Invariant } from './invariant.ts';

/** Bytes of JSON: a base, and for each path, server or vote as much as its texts can take. */
const BASE = 6_000;
const PER_PART = 2_500;

export const BOUNDED_MEMORY: Invariant = {
  name: 'bounded-memory',
  holds: `What a judge remembers stays below ${BASE} bytes and ${PER_PART} for each server, vote and path, however long it runs.`,
  watch({ world, broken }) {
    const check = (site: string | null, what: string, state: unknown, parts: number): void => {
      const bytes = JSON.stringify(state)?.length ?? 0;
      if (bytes > BASE + PER_PART * parts) broken(site, `${what} has grown to ${bytes} bytes`);
    };
    let minutes = 0;
    return {
      minute() {
        if (++minutes % 10 !== 0) return;
        const { scene, edge, routers } = world;
        const servers = scene.servers.length;
        check(null, "the fleet's state", edge.fleet.facts.state, servers * (1 + scene.vantages.length));
        for (const [id, { state }] of edge.vantages) check(null, `the state of ${id}`, state, servers * 2);
        for (const [id, { facts }] of edge.sites)
          check(id, "the site's state", { ...facts, snapshot: null }, servers * (1 + scene.wans.length));
        for (const { site, boxes } of routers.values()) check(site, "the agent's state file", boxes[0]?.disk, servers);
      },
    };
  },
};
