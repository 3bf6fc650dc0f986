import { buildLab } from '../../lab/build.ts';
import { explain } from '../../lab/explain.ts';
import { isIsolated, isolate, privateRun } from '../../lab/isolate.ts';
import { comeFirst } from '../../lab/priority.ts';
import { logTails } from '../../lab/processes.ts';
import { farwatch, leaveRouter } from './farwatch.ts';
import { RIVALS } from './rivals/registry.ts';
import { startTalker, turn } from './turn.ts';
import { bringTunnelsUp } from './ways.ts';

/*
 * The part of the benchmark that runs inside the lab's namespaces: `inside.ts TRIALS`. One lab for all; in each trial every contender has its turn, and each
 * trial begins with another of them. One JSON line a turn on stdout, progress on stderr. Exit code 1: a turn came to nothing.
 */

const say = (text: string) => process.stderr.write(`${text}\n`);

async function measure(trials: number): Promise<void> {
  const lab = await buildLab({ fleet: { preemptDelayS: 1, soakS: 0.5 }, prepare: bringTunnelsUp }, say);
  const talker = startTalker();
  await leaveRouter(lab);
  const contenders = [farwatch(lab), ...RIVALS];
  for (let trial = 0; trial < trials; trial++) {
    const first = trial % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const result = await turn(lab, talker, contender);
      const line = JSON.stringify(result, (_, value) => (typeof value === 'number' ? Math.round(value) : value));
      say(`trial ${trial + 1} of ${trials}: ${line}`);
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  }
}

async function main(): Promise<number> {
  if (!isIsolated()) return isolate();
  await privateRun();
  comeFirst(say);
  try {
    await measure(Number(process.argv[2]));
    return 0;
  } catch (error) {
    say(`${explain(error)}\nthe processes' last words:\n${logTails()}`);
    return 1;
  }
}

// The daemons still run: leaving ends them, being the first process of the namespace.
process.exit(await main());
