import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { readFleet } from '../fleet-file/read.ts';
import { readIfThere, writeSecret } from './admin-token.ts';
import { type AgentProcess, runAgent } from './agent-process.ts';
import type { EdgeClient } from './client.ts';
import { DEMO_SERVERS, DEMO_SITE, demoAgent, demoFleet } from './demo-fleet.ts';
import type { FleetSource } from './fleet-source.ts';
import { areFree, freePorts } from './ports.ts';
import { startVps, type Vps, type VpsPorts } from './vps.ts';
import { startWitness } from './witness.ts';

const PORTS_EACH = 4;

/** The stand-ins of the demo, and what watches that they are not all there is. */
export interface DemoServers {
  vps: readonly Vps[];
  fleet: FleetSource;
  stop(): Promise<void>;
}

/** Starts the stand-in VPSs and the witness. The ports are those of the last time, if they are free, so that the fleet stays the same. */
export async function startDemoServers(directory: string): Promise<DemoServers> {
  const [witnessPort = 0, ...rest] = await choosePorts(join(directory, 'ports.json'), 1 + PORTS_EACH * DEMO_SERVERS.length);
  const ports: Record<string, VpsPorts> = {};
  for (const [index, { id }] of DEMO_SERVERS.entries()) {
    const [tls = 0, http = 0, banner = 0, echo = 0] = rest.slice(index * PORTS_EACH);
    ports[id] = { tls, http, banner, echo };
  }
  const witness = await startWitness(witnessPort);
  const vps = await Promise.all(Object.entries(ports).map(([id, own]) => startVps(id, own)));
  const text = demoFleet(ports, witnessPort);
  const result = readFleet(text, 'toml', { allowPrivate: true });
  if (!result.ok) throw new Error(`the demo's own fleet file is wrong: ${JSON.stringify(result.errors)}`);
  return {
    vps,
    fleet: { name: 'the demo', text, format: 'toml', fleet: result.fleet },
    async stop() {
      await Promise.all([witness.stop(), ...vps.map((one) => one.stop())]);
    },
  };
}

async function choosePorts(file: string, count: number): Promise<number[]> {
  const stored = z
    .array(z.int().check(z.minimum(1), z.maximum(65_535)))
    .check(z.length(count))
    .safeParse(parseJson(readIfThere(file)));
  if (stored.success && (await areFree(stored.data))) return stored.data;
  const ports = await freePorts(count);
  writeSecret(file, JSON.stringify(ports));
  return ports;
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch (error) {
    // A half-written file is as good as none.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Gives the demo's router its token and its file, and runs the agent on them. */
export async function startDemoAgent(
  client: EdgeClient,
  edgeUrl: string,
  directory: string,
  vps: readonly Vps[],
  onEnd: (how: string) => void,
): Promise<AgentProcess> {
  const home = resolve(directory, 'agent');
  const tokenFile = join(home, 'token');
  const stored = readIfThere(tokenFile)?.trim() ?? '';
  if (stored === '' || !(await client.acceptsAgentToken(stored))) writeSecret(tokenFile, await client.createAgentToken(DEMO_SITE));
  const config = join(home, 'agent.toml');
  const stateDir = join(home, 'state');
  writeFileSync(config, demoAgent(edgeUrl, tokenFile, stateDir, Object.fromEntries(vps.map(({ id, ports }) => [id, ports]))));
  return runAgent({ config, stateDir, logFile: join(home, 'agent.log'), onEnd });
}
