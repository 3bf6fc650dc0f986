import type { VpsPorts } from './vps.ts';

/** The demo's site: one router. */
export const DEMO_SITE = 'home';

/** Stand-ins, the preferred first. */
export const DEMO_SERVERS = [
  { id: 'vps-a', name: 'VPS A', priority: 200 },
  { id: 'vps-b', name: 'VPS B', priority: 150 },
  { id: 'vps-c', name: 'VPS C', priority: 100 },
] as const;

const VANTAGES = ['weur', 'enam', 'apac'];

/**
 * The demo's fleet file. Probing and the way back are quicker than a user would have them, so that a failure and the whole return fit into
 * a minute and a half; nothing else differs.
 */
export function demoFleet(ports: Readonly<Record<string, VpsPorts>>, witnessPort: number): string {
  const vantage = (id: string) => `
[[vantage]]
id = "${id}"
region = "${id}"
witnesses = ["http://127.0.0.1:${witnessPort}/"]
`;
  const server = ({ id, name, priority }: (typeof DEMO_SERVERS)[number]) => {
    const port = ports[id];
    if (port === undefined) throw new Error(`no ports for ${id}`);
    return `
[[server]]
id = "${id}"
name = "${name}"
address = "127.0.0.1"
region = "stand-in-${id.at(-1)}"
priority = ${priority}
  [[server.check]]
  kind = "tls"
  port = ${port.tls}
  [[server.check]]
  kind = "http"
  url = "http://127.0.0.1:${port.http}/"
  expect_status = 200
  [[server.check]]
  kind = "banner"
  port = ${port.banner}
`;
  };
  return `[fleet]
name = "Demo fleet"
plan = "paid"

[probing]
interval_s = 5
fast_interval_ms = 500
timeout_ms = 1000
${VANTAGES.map(vantage).join('')}${DEMO_SERVERS.map(server).join('')}
[[site]]
id = "${DEMO_SITE}"
name = "Home router"
servers = [${DEMO_SERVERS.map(({ id }) => `"${id}"`).join(', ')}]
preempt_delay_s = 10
stage_soak_s = 8
`;
}

/** The file of the demo's agent. */
export function demoAgent(edge: string, tokenFile: string, stateDir: string, ports: Readonly<Record<string, VpsPorts>>): string {
  const tunnel = ({ id }: { id: string }) => `
[[tunnel]]
server = "${id}"
driver = "simulated"
heartbeat = "127.0.0.1:${ports[id]?.echo}"
`;
  return `edge = "${edge}"
site = "${DEMO_SITE}"
token_file = ${JSON.stringify(tokenFile)}
state_dir = ${JSON.stringify(stateDir)}
${DEMO_SERVERS.map(tunnel).join('')}`;
}
