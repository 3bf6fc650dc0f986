import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ended, spawnBound } from './bound-child.ts';

const FILE = fileURLToPath(new URL('stand-in.ts', import.meta.url));

export interface VpsPorts {
  tls: number;
  http: number;
  banner: number;
  echo: number;
}

/** A stand-in VPS that runs as a process of its own. */
export interface Vps {
  id: string;
  ports: VpsPorts;
  pid: number;
  /** It goes dark: connections are accepted by nobody, packets vanish. */
  fail(): void;
  /** It comes back. */
  recover(): void;
  failed(): boolean;
  stop(): Promise<void>;
}

/** Starts it and waits until it answers on all its ports. Throws when it cannot listen. */
export async function startVps(id: string, ports: VpsPorts): Promise<Vps> {
  const args = [id, ports.tls, ports.http, ports.banner, ports.echo].map(String);
  const child = spawnBound(FILE, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error(`the stand-in ${id} cannot be started`);
  const ready = await Promise.race([once(stdout, 'data').then(() => true), ended(child).then(() => false)]);
  if (!ready) throw new Error(`the stand-in ${id} ended at once: are its ports busy?`);
  let failed = false;
  const set = (dark: boolean) => {
    failed = dark;
    child.kill(dark ? 'SIGSTOP' : 'SIGCONT');
  };
  return {
    id,
    ports,
    pid,
    fail: () => set(true),
    recover: () => set(false),
    failed: () => failed,
    async stop() {
      // It may be stopped, and a stopped process ends by nothing less.
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}
