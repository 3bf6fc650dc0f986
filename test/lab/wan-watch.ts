import * as z from 'zod';
import { nft } from './net.ts';
import { inside, run } from './processes.ts';
import { LAN_NET, LAN_NET6 } from './topology.ts';

/** What came out of the router's two lines, in packets: from the LAN past every tunnel, and questions to resolvers. */
export interface OnWans {
  lan4: number;
  lan6: number;
  dns: number;
}

const ISPS = ['isp1', 'isp2'];
const listing = z.object({
  nftables: z.array(z.object({ counter: z.object({ name: z.enum(['lan4', 'lan6', 'dns']), packets: z.int() }).optional() })),
});

/** Begins to count at the far ends of both lines. The router hides nothing there, so that a client's own address is seen. */
export async function watchWans(): Promise<void> {
  await Promise.all(
    ISPS.map((isp) =>
      nft(
        isp,
        `table inet watch { }
        delete table inet watch
        table inet watch {
          counter lan4 { }
          counter lan6 { }
          counter dns { }
          chain in {
            type filter hook prerouting priority -600;
            iifname "down" ip saddr ${LAN_NET} counter name lan4
            iifname "down" ip6 saddr ${LAN_NET6} counter name lan6
            iifname "down" meta l4proto { tcp, udp } th dport 53 counter name dns
          }
        }`,
      ),
    ),
  );
}

export async function seenOnWans(): Promise<OnWans> {
  const seen: OnWans = { lan4: 0, lan6: 0, dns: 0 };
  for (const isp of ISPS) {
    const text = await run(inside(isp, ['nft', '-j', 'list', 'counters', 'table', 'inet', 'watch']));
    for (const { counter } of listing.parse(JSON.parse(text)).nftables) if (counter) seen[counter.name] += counter.packets;
  }
  return seen;
}
