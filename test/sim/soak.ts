import { spawn } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';

/*
 * `node test/sim/soak.ts`: fixed seeds over small and large worlds, two at a time, for `npm test`. SIMULATED_SITE_HOURS says how much (default 300; `.ci/run`
 * asks for 10,000). The last line is `simulator: N passed, N failed`; a failed run shows what broke and the command that runs it again.
 */

const MAIN = join(import.meta.dirname, 'main.ts');
const DEFAULT_SITE_HOURS = 300;
/** One for each core of a small machine. */
const LANES = 2;
/** From here on every world is simulated under two seeds. */
const MANY_SITE_HOURS = 2000;
/** A round of faults needs time to matter. */
const LEAST_HOURS = 0.5;

interface Run {
  seed: string;
  hours: number;
  sites: number;
  servers: number;
  vantages: number;
  wans: number;
}

/** Worlds, and the share of all site-hours that each gets: those with many vantages and servers cost most. */
const WORLDS: readonly (Omit<Run, 'seed' | 'hours'> & { share: number })[] = [
  { sites: 64, servers: 6, vantages: 4, wans: 2, share: 0.28 },
  { sites: 40, servers: 3, vantages: 3, wans: 2, share: 0.28 },
  { sites: 24, servers: 2, vantages: 2, wans: 1, share: 0.2 },
  { sites: 32, servers: 8, vantages: 7, wans: 3, share: 0.08 },
  { sites: 5, servers: 4, vantages: 3, wans: 2, share: 0.08 },
  { sites: 16, servers: 12, vantages: 5, wans: 4, share: 0.04 },
  { sites: 10, servers: 16, vantages: 11, wans: 1, share: 0.02 },
  { sites: 1, servers: 2, vantages: 1, wans: 1, share: 0.02 },
];

const summarySchema = z.object({ siteHours: z.number(), violations: z.array(z.unknown()) });

function runsFor(siteHours: number): Run[] {
  const seeds = siteHours >= MANY_SITE_HOURS ? ['soak-1', 'soak-2'] : ['soak-1'];
  return seeds.flatMap((seed) =>
    WORLDS.map(({ share, ...world }) => {
      const hours = Math.max(LEAST_HOURS, Math.ceil((10 * siteHours * share) / seeds.length / world.sites) / 10);
      return { seed, hours, ...world };
    }),
  );
}

/** One simulation as a user would run it; answers the site-hours that it held, null when it broke. */
function simulated(run: Run): Promise<number | null> {
  const argv = Object.entries(run).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const startedMs = Date.now();
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const held = code === 0 ? siteHoursOf(stdout) : null;
      console.log(`simulator ${held === null ? 'FAILED' : 'passed'}: ${argv.join(' ')} (${Math.round((Date.now() - startedMs) / 1000)} s)`);
      if (held === null) console.log(stdout.trimEnd().replace(/^/gm, '    '));
      resolve(held);
    });
  });
}

/** From the summary, which is the last line. */
function siteHoursOf(stdout: string): number | null {
  const { siteHours, violations } = summarySchema.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
  return violations.length === 0 ? siteHours : null;
}

async function main(): Promise<number> {
  const wanted = Number(process.env.SIMULATED_SITE_HOURS ?? DEFAULT_SITE_HOURS);
  if (!Number.isFinite(wanted) || wanted <= 0)
    throw new Error(`SIMULATED_SITE_HOURS is "${process.env.SIMULATED_SITE_HOURS}", no number above 0`);
  const queue = runsFor(wanted);
  const held: (number | null)[] = [];
  const work = async (): Promise<void> => {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) held.push(await simulated(run));
  };
  await Promise.all(Array.from({ length: LANES }, work));
  const failed = held.filter((hours) => hours === null).length;
  console.log(`${held.reduce<number>((sum, hours) => sum + (hours ?? 0), 0)} site-hours without a broken invariant`);
  console.log(`simulator: ${held.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
