import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeClient } from '../../worker/local/client.ts';
import { startEdge } from '../../worker/local/edge.ts';
import { Prng } from '../sim/prng.ts';
import { type Attack, attackOf, type Tokens } from './requests.ts';

const ADMIN_TOKEN = 'fwa_abuse-0123456789abcdefghijklmnopqrstuvwxyz';
const FLEET = `[fleet]
name = "abused"
[[server]]
id = "a"
address = "127.0.0.1"
check = [{ kind = "tcp", port = 9 }]
[[server]]
id = "b"
address = "127.0.0.1"
check = [{ kind = "tcp", port = 9 }]
[[site]]
id = "home"
servers = ["a", "b"]
`;

/** Nothing here may take as long; a poll is never held. */
const HANG_MS = 10_000;
const AT_ONCE = 8;
/** Caches and compiled code are there after so many; what grows from then on is a leak. */
const WARM_UP = 500;

/** What came of an attack. */
export interface Damage {
  /** How many answers of each status; 0: closed without an answer. */
  statuses: Record<number, number>;
  /** What must never be: answers that say that something broke, no answer at all, a token where it does not belong. */
  broken: string[];
  /** By how much the runtime's memory grew after the warm-up, in MiB. */
  grownMb: number;
  /** The runtime's memory at the start and after every so many requests, in MiB. */
  residentMb: number[];
}

/** Sends so many malformed requests to a real edge of its own, and looks at its memory after every `sampleEvery`. The same seed sends the same. */
export async function attack(requests: number, seed: string, sampleEvery = requests): Promise<Damage> {
  const directory = mkdtempSync(join(tmpdir(), 'farwatch-abuse-'));
  const log: string[] = [];
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    persistDir: directory,
    adminToken: ADMIN_TOKEN,
    log: (line) => log.push(line),
  });
  try {
    const client = edgeClient(edge.url, ADMIN_TOKEN);
    await client.putFleet(FLEET, 'toml', { dryRun: false });
    const tokens = { admin: ADMIN_TOKEN, agent: await client.createAgentToken('home') };
    const pid = Number(readFileSync(join(directory, 'workerd.pid'), 'utf8'));
    const damage = await sendAll({ port: Number(new URL(edge.url).port), requests, sampleEvery, random: new Prng(seed), tokens, pid });
    const leaks = log.filter((line) => Object.values(tokens).some((token) => line.includes(token)));
    // It still answers those who ask rightly.
    await client.status();
    if (!(await client.acceptsAgentToken(tokens.agent))) damage.broken.push('the agent is locked out');
    return { ...damage, broken: [...damage.broken, ...leaks.map((line) => `a token is in the log: ${line.slice(0, 80)}`)] };
  } finally {
    await edge.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Plan {
  port: number;
  requests: number;
  sampleEvery: number;
  random: Prng;
  tokens: Tokens;
  pid: number;
}

async function sendAll({ port, requests, sampleEvery, random, tokens, pid }: Plan): Promise<Damage> {
  const start = residentMb(pid);
  const damage: Damage = { statuses: {}, broken: [], grownMb: 0, residentMb: [start] };
  let [sent, before] = [0, start];
  const worker = async () => {
    while (sent < requests) {
      if (++sent === Math.min(WARM_UP, requests)) before = residentMb(pid);
      if (sent % sampleEvery === 0) damage.residentMb.push(residentMb(pid));
      const one = attackOf(random, tokens);
      const answer = await send(port, one);
      note(damage, one, answer, tokens);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  damage.grownMb = residentMb(pid) - before;
  return damage;
}

function note(damage: Damage, { bytes, cut }: Attack, answer: string | null, tokens: Tokens): void {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer ?? '')?.[1] ?? 0);
  damage.statuses[status] = (damage.statuses[status] ?? 0) + 1;
  const request = bytes.subarray(0, 300).toString('latin1').split('\r\n\r\n')[0];
  if (answer === null) damage.broken.push(`no end within ${HANG_MS} ms: ${request}`);
  else if (status === 0 && !cut) damage.broken.push(`no answer: ${request}`);
  // 501 is the runtime's word for a method that HTTP does not have; 502 and 503 are said with their reason.
  else if (status >= 500 && !isExpected(status, answer)) damage.broken.push(`${status}: ${request}`);
  if (Object.values(tokens).some((token) => answer?.includes(token))) damage.broken.push(`a token came back: ${request}`);
}

function isExpected(status: number, answer: string): boolean {
  return status === 501 || (status === 503 && /retry-after/i.test(answer) && !/cannot answer this now/.test(answer));
}

/** All that came back until the end; null: it hung. */
function send(port: number, { bytes, cut }: Attack): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: string | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(HANG_MS, () => end(null));
    socket.on('data', (chunk) => chunks.push(chunk));
    // A request may be refused while it is still being sent: what was answered counts.
    socket.on('error', () => undefined);
    socket.on('close', () => end(Buffer.concat(chunks).toString('latin1')));
    socket.on('connect', () => (cut ? socket.end(bytes) : socket.write(bytes)));
  });
}

/** Resident memory of a process, in MiB. */
function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
