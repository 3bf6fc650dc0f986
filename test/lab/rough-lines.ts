import * as z from 'zod';
import { startTool } from './measure/tool.ts';
import { nft } from './net.ts';
import { inside, run } from './processes.ts';
import { SERVERS, VPS_ADDRESS } from './topology.ts';
import { WG_PORT } from './wire.ts';

/*
 * Lines that are bad but not dead. Whatever is done, is done to both lines of the router and in both directions.
 */

const ISPS = ['isp1', 'isp2'] as const;

/** Drops packets by a condition of nft, in each direction for itself. */
export async function dropOnLines(condition: string): Promise<void> {
  const chain = (name: string, hook: string, side: string) => `chain ${name} {
    type filter hook ${hook} priority ${hook === 'prerouting' ? -400 : 400};
    ${side} "down" ${condition} drop
  }`;
  await Promise.all(
    ISPS.map((isp) =>
      nft(isp, `table inet rough {\n${chain('in', 'prerouting', 'iifname')}\n${chain('out', 'postrouting', 'oifname')}\n}`),
    ),
  );
}

/** A queue in front of so many megabits a second, as long as 100 ms. */
export async function narrowLines(megabits: number): Promise<void> {
  const shape = ['root', 'tbf', 'rate', `${megabits}mbit`, 'burst', '32kb', 'latency', '100ms'];
  const ends = [...ISPS.map((isp) => [isp, 'down'] as const), ...(['wan1', 'wan2'] as const).map((device) => ['router', device] as const)];
  for (const [namespace, device] of ends) await run(inside(namespace, ['tc', 'qdisc', 'replace', 'dev', device, ...shape]));
}

const ready = z.literal(true);
const RELAY_PORT = 7000;
const relays = new Map<string, ReturnType<typeof startTool>>();

/** Tunnels' packets take between `minMs` and `maxMs` each way; flows that are known to the ISPs already are moved too. */
export async function delayLines(minMs: number, maxMs: number): Promise<void> {
  for (const isp of ISPS) {
    const relay = relays.get(isp) ?? startTool(`delay-${isp}`, isp, 'delay-relay.ts');
    if (!relays.has(isp))
      for (const [index, server] of SERVERS.entries())
        await relay.ask('relay', ready, { port: RELAY_PORT + index, to: VPS_ADDRESS[server], toPort: WG_PORT, minMs, maxMs });
    relays.set(isp, relay);
    const rules = SERVERS.map(
      (server, index) => `iifname "down" ip daddr ${VPS_ADDRESS[server]} udp dport ${WG_PORT} redirect to :${RELAY_PORT + index}`,
    );
    await nft(isp, `table ip rough {\nchain to_relay {\ntype nat hook prerouting priority -100\n${rules.join('\n')}\n}\n}`);
    await forgetFlows(isp);
  }
}

/** As new. */
export async function mendLines(): Promise<void> {
  for (const isp of ISPS) {
    for (const family of ['inet', 'ip']) await nft(isp, `table ${family} rough { }\ndelete table ${family} rough`);
    await forgetFlows(isp);
    await run(inside(isp, ['sh', '-c', 'tc qdisc del dev down root 2>/dev/null || true']));
  }
  for (const device of ['wan1', 'wan2']) await run(inside('router', ['sh', '-c', `tc qdisc del dev ${device} root 2>/dev/null || true`]));
}

const forgetFlows = (isp: string) => run(inside(isp, ['sh', '-c', 'conntrack -F 2>/dev/null']));
