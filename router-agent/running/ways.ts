import type { Way } from '../client.ts';
import type { Base } from './base.ts';

/** The edge is asked by any living WAN, else by a living tunnel, else as the main table says. */
export function waysToEdge({ config, servers, pathOf, dataPlane, late }: Base): Way[] {
  if (config.local_address !== undefined) return [{ name: config.local_address, localAddress: config.local_address }];
  const inside = servers.flatMap((server): Way[] => {
    const localAddress = pathOf(server).alive === true ? dataPlane.sourceOf(server) : null;
    return typeof localAddress === 'string' ? [{ name: `the tunnel of ${server}`, localAddress }] : [];
  });
  const outside = late.wans?.waysOut() ?? [];
  return outside.length > 0 ? [...outside, ...inside, { name: 'main' }] : [{ name: 'main' }, ...inside];
}
