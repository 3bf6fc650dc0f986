import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MAIN } from './agent.ts';
import { SITE } from './edge.ts';
import { addNamespace, plugInto } from './net.ts';
import { type Daemon, LAB_DIR, start } from './processes.ts';
import { CORE, SERVERS } from './topology.ts';

const NAMESPACE = 'spare';
const ADDRESS = '10.90.0.40';
const STAND_IN = fileURLToPath(new URL('../../worker/local/stand-in.ts', import.meta.url));
const DIRECTORY = `${LAB_DIR}/spare`;
/** Of the echo, by the server's place; a stand-in takes three more ports that nobody asks. */
const port = (index: number, which = 3) => 9000 + index * 10 + which;

/** Builds a second router on the internet: no client is behind it, and what answers to its heartbeats stands beside it. */
export async function buildSpare(): Promise<void> {
  await addNamespace(NAMESPACE);
  await plugInto(CORE, { namespace: NAMESPACE, device: CORE, addresses: [`${ADDRESS}/24`] });
  SERVERS.forEach((server, index) => {
    const ports = [0, 1, 2, 3].map((which) => `${port(index, which)}`);
    start(`stand-in-${server}`, NAMESPACE, [process.execPath, STAND_IN, server, ...ports]);
  });
}

/** Starts an agent there, for the same site. */
export function startSpare(edgeUrl: string, token: string): Daemon {
  mkdirSync(DIRECTORY, { recursive: true });
  const tunnels = SERVERS.map(
    (server, index) => `[[tunnel]]\nserver = "${server}"\ndriver = "simulated"\nheartbeat = "127.0.0.1:${port(index)}"\n`,
  );
  const head = `edge = "${edgeUrl}"\nsite = "${SITE}"\ntoken_file = "${DIRECTORY}/token"\nstate_dir = "${DIRECTORY}/state"\n`;
  writeFileSync(`${DIRECTORY}/token`, `${token}\n`, { mode: 0o600 });
  writeFileSync(`${DIRECTORY}/agent.toml`, `${head}${tunnels.join('')}`);
  return start('spare', NAMESPACE, [process.execPath, MAIN, 'run', '--config', `${DIRECTORY}/agent.toml`]);
}
