import { insideOf, weightOf } from './evidence.ts';
import type { Invariant } from './invariant.ts';

interface Pin {
  server: string;
  until: number | null;
}

export const PINS: Invariant = {
  name: 'pins',
  holds:
    'While a pin holds and its server is in service and reached by the router, all new flows go there; a pin ends at its time, at an unpin, by another pin or when its server leaves the site, and by nothing else.',
  watch({ broken }) {
    const pins = new Map<string, Pin>();
    /** By site: for how long, since its pinned server is usable, the judge was called later than it had wanted. A return waits for it. */
    const lateMs = new Map<string, number>();
    return {
      edgeLost: () => pins.clear(),
      asked(site, event, taken) {
        if (event.type === 'unpin') pins.delete(site);
        if (event.type === 'pin' && taken) pins.set(site, { server: event.server, until: event.until ?? null });
      },
      siteTurn({ site, rules, t, before, after, events }) {
        const override = after?.override ?? null;
        const known = pins.get(site);
        const isOver = known?.until != null && t >= known.until;
        if (isOver || !rules.servers.some(({ id }) => id === known?.server)) pins.delete(site);
        if (after === null || events.some(({ type }) => type === 'pin' || type === 'unpin')) return;
        const pin = pins.get(site);
        if (override?.untilMs != null && t >= override.untilMs) broken(site, `a ${override.kind} to ${override.server} outlives its time`);
        if (override?.kind === 'pin' && override.server !== pin?.server)
          broken(site, `pinned to ${override.server}, people asked for ${pin?.server ?? 'none'}`);
        if (pin !== undefined && override?.server !== pin.server) broken(site, `the pin to ${pin.server} was forgotten`);
        if (pin === undefined || after.weights === null) return;
        const server = after.servers[pin.server];
        const isUsable =
          server?.health === 'up' && server.resigned === null && !server.latched && insideOf(after, rules, pin.server, t) === 'alive';
        const late = isUsable ? (lateMs.get(site) ?? 0) + Math.max(0, t - (before?.dueMs ?? t)) : 0;
        lateMs.set(site, late);
        const wasUsable =
          server?.fitMs != null &&
          t - server.fitMs - late >
            rules.stageSoakMs * rules.failbackStages.length + Math.max(rules.damping.maxMs, rules.preemptDelayMs) + 1000;
        if (isUsable && wasUsable && weightOf(after, pin.server) !== 100)
          broken(site, `pinned to ${pin.server}, which has been well since long, and it has ${weightOf(after, pin.server)} %`);
      },
    };
  },
};
