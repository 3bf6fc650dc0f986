import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AgentStatus, agentStatusSchema } from '../../router-agent/status-schema.ts';
import { SITE } from './edge.ts';
import { install } from './install.ts';
import { stepBack } from './priority.ts';
import { inside, LAB_DIR, run, start } from './processes.ts';
import { VPS_ADDRESS } from './topology.ts';
import type { RouterTunnel } from './wire.ts';

export const MAIN = fileURLToPath(new URL('../../router-agent/main.ts', import.meta.url));
const DIRECTORY = `${LAB_DIR}/agent`;
const CONFIG = `${DIRECTORY}/agent.toml`;
export const STATE_DIR = `${DIRECTORY}/state`;

/** Shorter than by default, so that a trial takes seconds. */
export const WAN_RETURN_S = 2;

export interface Agent {
  pid(): number;
  running(): boolean;
  log(): string;
  /** SIGTERM, and its end. */
  stop(): Promise<void>;
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
  /** Keys of each [[wan]]. */
  wan?: string;
  /** The file names no gateways: they are what the main table says. */
  dhcp?: boolean;
  /** As it is installed by systemd: the built file, by a user of its own, with the rights that the unit names. */
  installed?: boolean;
}

/** Heartbeats are left out of the file: they are at their defaults, which the promises are about. */
function agentFile(
  edgeUrl: string,
  tunnels: readonly RouterTunnel[],
  { top = '', tables = '', wan = '', dhcp = false }: AgentKeys,
): string {
  const gateway = (address: string) => (dhcp ? '' : `gateway = "${address}"`);
  const tunnel = ({ server, driver, device, configFile, keys = [], heartbeat }: RouterTunnel) => `
[[tunnel]]
server = "${server}"
driver = "${driver}"
device = "${device}"
heartbeat = "${heartbeat}"
exit = ["${VPS_ADDRESS[server]}"]
${[...(configFile === undefined ? [] : [`config = "${configFile}"`]), ...keys].join('\n')}
`;
  return `edge = "${edgeUrl}"
site = "${SITE}"
token_file = "${DIRECTORY}/token"
state_dir = "${STATE_DIR}"
log_level = "debug"
lan = ["lan"]
${top}
[wan_return]
well_s = ${WAN_RETURN_S}
max_s = ${WAN_RETURN_S}
[[wan]]
device = "wan1"
${gateway('10.1.0.1')}
${wan}
[[wan]]
device = "wan2"
${gateway('10.2.0.1')}
${wan}
${tunnels.map(tunnel).join('')}${tables}
`;
}

/** Starts the real agent on the router. */
export async function startAgent(edgeUrl: string, token: string, tunnels: readonly RouterTunnel[], keys: AgentKeys = {}): Promise<Agent> {
  mkdirSync(STATE_DIR, { recursive: true });
  writeFileSync(`${DIRECTORY}/token`, `${token}\n`, { mode: 0o600 });
  writeFileSync(CONFIG, agentFile(edgeUrl, tunnels, keys));
  const program = keys.installed ? await install(tunnels) : [process.execPath, MAIN];
  const launch = () => start('agent', 'router', [...program, 'run', '--config', CONFIG]);
  // What asks must take no time from what is asked about.
  const command = (...words: string[]) => run(inside('router', stepBack([...program, ...words, '--config', CONFIG])));
  let daemon = launch();
  return {
    pid: () => daemon.pid,
    running: () => daemon.running(),
    log: () => daemon.log(),
    stop: () => daemon.stop(),
    kill: () => daemon.stop('SIGKILL'),
    restart() {
      daemon = launch();
    },
    status: async () => agentStatusSchema.parse(JSON.parse(await command('status', '--json'))),
    command,
    forget() {
      for (const file of ['state.json', 'epoch']) rmSync(`${STATE_DIR}/${file}`, { force: true });
    },
  };
}
