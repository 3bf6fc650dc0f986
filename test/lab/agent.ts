import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AgentStatus, agentStatusSchema } from '../../router-agent/status-schema.ts';
import { SITE } from './edge.ts';
import { type Daemon, inside, LAB_DIR, run, start } from './processes.ts';
import type { RouterTunnel } from './wire.ts';

const MAIN = fileURLToPath(new URL('../../router-agent/main.ts', import.meta.url));
const DIRECTORY = `${LAB_DIR}/agent`;
const CONFIG = `${DIRECTORY}/agent.toml`;

export interface Agent {
  running(): boolean;
  log(): string;
  /** kill -9 of the agent alone: its tunnels and rules stay, as they would on a router. */
  kill(): Promise<void>;
  restart(): void;
  /** `agent status --json`. */
  status(): Promise<AgentStatus>;
  /** Another command of the agent on the router; throws when it fails. */
  command(...words: string[]): Promise<string>;
  /** As after a new installation: nothing is known of what was. Not while it runs. */
  forget(): void;
}

/** What a scenario adds to the agent's file. */
export interface AgentKeys {
  /** Keys of the file itself. */
  top?: string;
  /** Tables. */
  tables?: string;
}

/** Heartbeats are left out of the file: they are at their defaults, which the promises are about. */
function agentFile(edgeUrl: string, tunnels: readonly RouterTunnel[], { top = '', tables = '' }: AgentKeys): string {
  const tunnel = ({ server, device, configFile, heartbeat }: RouterTunnel) => `
[[tunnel]]
server = "${server}"
driver = "wireguard"
device = "${device}"
config = "${configFile}"
heartbeat = "${heartbeat}"
`;
  return `edge = "${edgeUrl}"
site = "${SITE}"
token_file = "${DIRECTORY}/token"
state_dir = "${DIRECTORY}/state"
log_level = "debug"
lan = ["lan"]
${top}
[[wan]]
device = "wan1"
gateway = "10.1.0.1"
[[wan]]
device = "wan2"
gateway = "10.2.0.1"
${tunnels.map(tunnel).join('')}${tables}
`;
}

/** Starts the real agent on the router. */
export function startAgent(edgeUrl: string, token: string, tunnels: readonly RouterTunnel[], keys: AgentKeys = {}): Agent {
  mkdirSync(`${DIRECTORY}/state`, { recursive: true });
  writeFileSync(`${DIRECTORY}/token`, `${token}\n`, { mode: 0o600 });
  writeFileSync(CONFIG, agentFile(edgeUrl, tunnels, keys));
  let daemon = launch();
  return {
    running: () => daemon.running(),
    log: () => daemon.log(),
    kill: () => daemon.stop('SIGKILL'),
    restart() {
      daemon = launch();
    },
    status: async () => agentStatusSchema.parse(JSON.parse(await command('status', '--json'))),
    command,
    forget: () => rmSync(`${DIRECTORY}/state/state.json`, { force: true }),
  };
}

function command(...words: string[]): Promise<string> {
  return run(inside('router', [process.execPath, MAIN, ...words, '--config', CONFIG]));
}

function launch(): Daemon {
  return start('agent', 'router', [process.execPath, MAIN, 'run', '--config', CONFIG]);
}
