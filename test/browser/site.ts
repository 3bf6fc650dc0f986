import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from '../../worker/local/ports.ts';
import { startVps, type Vps } from '../../worker/local/vps.ts';

const SERVE = join(import.meta.dirname, '../../worker/local/serve.ts');
const START_TIMEOUT_MS = 30_000;

/** A real edge (`serve`, a process of its own) that watches two stand-in VPSs. */
export interface WatchedSite {
  url: string;
  /** The administrator's token, from the file that `serve` wrote. */
  adminToken: string;
  a: Vps;
  b: Vps;
  stop(): Promise<void>;
}

export async function startSite(): Promise<WatchedSite> {
  const directory = mkdtempSync(join(tmpdir(), 'farwatch-browser-'));
  const [aTls = 0, aHttp = 0, aBanner = 0, aEcho = 0, bTls = 0, bHttp = 0, bBanner = 0, bEcho = 0] = await freePorts(8);
  const [a, b] = await Promise.all([
    startVps('vps-a', { tls: aTls, http: aHttp, banner: aBanner, echo: aEcho }),
    startVps('vps-b', { tls: bTls, http: bHttp, banner: bBanner, echo: bEcho }),
  ]);
  const fleet = join(directory, 'fleet.toml');
  writeFileSync(fleet, fleetFile([a, b]));
  const child = spawn(process.execPath, [SERVE, '--port', '0', '--persist', join(directory, 'edge'), '--fleet', fleet], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`serve was not ready in time: ${said}`)), START_TIMEOUT_MS);
    child.once('exit', () => reject(new Error(`serve ended: ${said}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = /^Ready: (http:\S+)$/.exec(line)?.[1];
      if (ready === undefined) return;
      clearTimeout(timer);
      resolve(ready);
    });
  });
  return {
    url,
    adminToken: readFileSync(join(directory, 'edge', 'admin-token'), 'utf8').trim(),
    a,
    b,
    async stop() {
      child.kill('SIGTERM');
      await Promise.all([ended, a.stop(), b.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function fleetFile(servers: readonly Vps[]): string {
  const vantage = (id: string) => `[[vantage]]\nid = "${id}"\nregion = "${id}"\n`;
  const server = ({ id, ports }: Vps) => `[[server]]
id = "${id}"
name = "Server ${id}"
address = "127.0.0.1"
region = "${id}"
  [[server.check]]
  kind = "tls"
  port = ${ports.tls}
`;
  return `[fleet]
name = "Browser test"
plan = "paid"
[probing]
interval_s = 1
fast_interval_ms = 300
timeout_ms = 500
${['weur', 'enam', 'apac'].map(vantage).join('')}${servers.map(server).join('')}
[[site]]
id = "home"
servers = [${servers.map(({ id }) => `"${id}"`).join(', ')}]
`;
}

/** Where pictures go: the directory that FARWATCH_SCREENSHOTS names; null: nobody wants any. */
export function screenshotFile(name: string): string | null {
  const directory = process.env.FARWATCH_SCREENSHOTS ?? '';
  if (directory === '') return null;
  mkdirSync(directory, { recursive: true });
  return join(directory, `${name}.png`);
}
