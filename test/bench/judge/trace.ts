import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../sim/prng.ts';

export const DAYS = 7;
const DAY_MS = 86_400_000;
const ROUND_MS = 10_000;
const POLL_MS = 50_000;
/** A server's outages: so many a day, each between these lengths. */
const OUTAGES_A_DAY = 1.5;
const OUTAGE_MS = { least: 20_000, most: 1_800_000 };
const VANTAGES = ['weur', 'enam', 'apac'];
const SERVERS = ['fra', 'ash', 'sin'];

export interface TraceFiles {
  fleet: string;
  trace: string;
  lines: number;
  remove(): void;
}

/**
 * A week as three vantages and one router record it, in a folder of its own: three servers probed each 10 s from everywhere, a report each 50 s and
 * at once when a path changes, outages of all lengths, a probe in five hundred lost. The same at every call.
 */
export function writeTrace(): TraceFiles {
  const folder = mkdtempSync(join(tmpdir(), 'farwatch-bench-'));
  const fleet = join(folder, 'fleet.json');
  const trace = join(folder, 'trace.jsonl');
  writeFileSync(fleet, JSON.stringify(fleetFile()));
  const file = openSync(trace, 'w');
  let lines = 0;
  for (const chunk of chunks()) {
    writeSync(file, `${chunk.join('\n')}\n`);
    lines += chunk.length;
  }
  closeSync(file);
  return { fleet, trace, lines, remove: () => rmSync(folder, { recursive: true }) };
}

function fleetFile(): object {
  return {
    fleet: { name: 'bench', plan: 'paid' },
    vantage: VANTAGES.map((id) => ({ id, region: id, witnesses: ['https://example.com/'] })),
    server: SERVERS.map((id, i) => ({ id, address: `192.0.2.${i + 1}`, priority: 200 - i, check: [{ kind: 'tls', port: 65_500 }] })),
    site: [{ id: 'home', servers: SERVERS }],
  };
}

type Outage = [from: number, to: number];

function outages(prng: Prng): Outage[] {
  const list: Outage[] = [];
  for (let t = 0; ; ) {
    t += Math.round((-Math.log(1 - prng.next()) * DAY_MS) / OUTAGES_A_DAY);
    if (t >= DAYS * DAY_MS) return list;
    const to = t + prng.span(OUTAGE_MS.least, OUTAGE_MS.most);
    list.push([t, to]);
    t = to;
  }
}

/** The lines of an hour at a time, in the order of time. */
function* chunks(): Generator<string[]> {
  const prng = new Prng('bench/trace');
  const broken = new Map(SERVERS.map((server) => [server, outages(prng.fork(server))]));
  const lives = (server: string, t: number) => !(broken.get(server) ?? []).some(([from, to]) => t >= from && t < to);
  const changes = [...broken.values()].flat(2);
  for (let from = 0; from < DAYS * DAY_MS; from += 3_600_000) {
    const to = from + 3_600_000;
    const lines: [number, string][] = [];
    for (const [i, vantage] of VANTAGES.entries())
      lines.push(...probeLines(prng, vantage, Math.round((i * ROUND_MS) / VANTAGES.length), from, to, lives));
    const polls = changes.filter((t) => t >= from && t < to).map((t) => t + 300);
    for (let t = from; t < to; t += POLL_MS) polls.push(t + 17);
    for (const t of polls) lines.push(...reportLines(prng, t, lives));
    yield lines.sort(([a], [b]) => a - b).map(([, line]) => line);
  }
}

type Lives = (server: string, t: number) => boolean;

function* probeLines(prng: Prng, vantage: string, phase: number, from: number, to: number, lives: Lives): Generator<[number, string]> {
  for (let round = from + phase; round < to; round += ROUND_MS) {
    for (const server of SERVERS) {
      const ok = lives(server, round) && !prng.chance(0.002);
      const ms = ok ? prng.int(20, 180) : 2000;
      const t = round + ms;
      if (!ok) yield [t, JSON.stringify({ t, type: 'witness', vantage, ok: true })];
      const head = { t, type: 'probe', vantage, server, check: 0, ok };
      yield [t, JSON.stringify(ok ? { ...head, ms } : { ...head, reason: 'timeout', ms })];
    }
  }
}

function* reportLines(prng: Prng, t: number, lives: Lives): Generator<[number, string]> {
  yield [t, JSON.stringify({ t, type: 'poll', site: 'home', applied: 1 })];
  for (const server of SERVERS) {
    const alive = lives(server, t);
    yield [
      t,
      JSON.stringify({ t, type: 'path', site: 'home', server, alive, rttMs: prng.int(20_000, 45_000) / 1000, loss: alive ? 0 : 1 }),
    ];
  }
}
