import { insideOf, weightOf } from './evidence.ts';
import type { Invariant } from './invariant.ts';

interface Pin {
  server: string;
  until: number | null;
}

export const PINS: Invariant = {
  name: 'pins',
  holds:
    'While a pin holds and its server is in service and reached by the router, all new flows go there; a pin ends at its time, at an unpin or by another pin, and by nothing else.',
  watch({ broken }) {
    const pins = new Map<string, Pin>();
    return {
      edgeLost: () => pins.clear(),
      asked(site, event, taken) {
        if (event.type === 'unpin') pins.delete(site);
        if (event.type === 'pin' && taken) pins.set(site, { server: event.server, until: event.until ?? null });
      },
      siteTurn({ site, rules, t, after, events }) {
        const override = after?.override ?? null;
        if (after === null || events.some(({ type }) => type === 'pin' || type === 'unpin')) return;
        let pin = pins.get(site);
        if (pin?.until != null && t >= pin.until) pins.delete(site);
        if (pin !== undefined && !rules.servers.some(({ id }) => id === pin?.server)) pins.delete(site);
        pin = pins.get(site);
        if (override?.untilMs != null && t >= override.untilMs) broken(site, `a ${override.kind} to ${override.server} outlives its time`);
        if (override?.kind === 'pin' && override.server !== pin?.server)
          broken(site, `pinned to ${override.server}, people asked for ${pin?.server ?? 'none'}`);
        if (pin !== undefined && override?.server !== pin.server) broken(site, `the pin to ${pin.server} was forgotten`);
        if (pin === undefined || after.weights === null) return;
        const server = after.servers[pin.server];
        const isUsable =
          server?.health === 'up' && server.resigned === null && !server.latched && insideOf(after, rules, pin.server, t) === 'alive';
        const wasUsable =
          server?.fitMs != null &&
          t - server.fitMs > rules.stageSoakMs * rules.failbackStages.length + Math.max(rules.damping.maxMs, rules.preemptDelayMs) + 1000;
        if (isUsable && wasUsable && weightOf(after, pin.server) !== 100)
          broken(site, `pinned to ${pin.server}, which has been well since long, and it has ${weightOf(after, pin.server)} %`);
      },
    };
  },
};
