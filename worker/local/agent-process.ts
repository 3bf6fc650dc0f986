import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askAgent } from '../../router-agent/control.ts';
import { type AgentStatus, agentStatusSchema } from '../../router-agent/status-schema.ts';
import { ended, spawnBound } from './bound-child.ts';

const MAIN = fileURLToPath(new URL('../../router-agent/main.ts', import.meta.url));

/** An agent that dies is started again after this; one that cannot start does not fill the log. */
const RESTART_MS = 1000;
/** A stop asks first; what does not end by itself is ended. */
const STOP_TIMEOUT_MS = 5000;

export interface AgentProcess {
  /** What the agent itself says that it does; null while it does not answer. */
  status(): Promise<AgentStatus | null>;
  stop(): Promise<void>;
}

/** Runs the router agent on a configuration file as a process of its own, and starts it again whenever it ends. */
export function runAgent(options: { config: string; stateDir: string; logFile: string; onEnd(how: string): void }): AgentProcess {
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let child = launch();

  function launch(): ChildProcess {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a', 0o600);
    const started = spawnBound(MAIN, ['run', '--config', options.config], { stdio: ['ignore', log, log] });
    closeSync(log);
    started.once('exit', (code, signal) => {
      if (stopping) return;
      options.onEnd(signal ?? `exit code ${code}`);
      timer = setTimeout(() => {
        child = launch();
      }, RESTART_MS);
    });
    return started;
  }

  return {
    async status() {
      const answer = await askAgent(options.stateDir, { cmd: 'status' });
      if (!answer.ok) return null;
      const parsed = agentStatusSchema.safeParse(answer.value);
      return parsed.success ? parsed.data : null;
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended(child);
      clearTimeout(force);
    },
  };
}
