import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lineSchema } from '../../../worker/engine/trace-schema.ts';
import type { Benchmark, Figure } from '../benchmark.ts';
import { DAYS, writeTrace } from './trace.ts';

const REPLAY = fileURLToPath(new URL('../../../worker/engine/replay-cli.ts', import.meta.url));
/** The best of so many runs: what other work on the machine took is no property of the code. */
const RUNS = 3;
const PROMISE = 300_000;
/** Parsing by schema is slow: a part of the file says as much. */
const ZOD_LINES = 100_000;

export const replay: Benchmark = {
  name: 'replay',
  story: `lines a second of "npm run replay" over ${DAYS} days of recorded evidence, on one core, start of the process included`,
  run(say) {
    const files = writeTrace();
    try {
      say(`a trace of ${files.lines} lines is written`);
      const seconds = best(() => replayOnce(files.fleet, files.trace));
      const lines = readFileSync(files.trace, 'utf8').trimEnd().split('\n');
      say('the peers, on the same lines');
      const json = lines.length / best(() => timed(() => lines.forEach((line) => void JSON.parse(line))));
      const some = lines.slice(0, ZOD_LINES);
      const zod = some.length / best(() => timed(() => some.forEach((line) => void lineSchema.parse(JSON.parse(line)))));
      const value = files.lines / seconds;
      const figure: Omit<Figure, 'peer'> = {
        what: `replay of ${DAYS} days, read, judged and decided`,
        value,
        unit: 'lines/s',
        better: 'higher',
        promise: PROMISE,
      };
      return [
        { ...figure, peer: { name: 'JSON.parse of each line, nothing decided', value: json } },
        { ...figure, peer: { name: 'JSON.parse and zod of each line, nothing decided', value: zod } },
      ];
    } finally {
      files.remove();
    }
  },
};

function best(run: () => number): number {
  return Math.min(...Array.from({ length: RUNS }, run));
}

function timed(run: () => void): number {
  const startedMs = performance.now();
  run();
  return (performance.now() - startedMs) / 1000;
}

/** As a user runs it. @returns seconds from start to exit @throws when it fails */
function replayOnce(fleet: string, trace: string): number {
  let failure = '';
  const seconds = timed(() => {
    // One core: helpers of the runtime must not add a second one.
    const child = spawnSync(process.execPath, ['--single-threaded', REPLAY, '--fleet', fleet, trace], {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (child.status !== 0) failure = `replay ended with ${child.status ?? child.signal}: ${child.stderr}`;
  });
  if (failure !== '') throw new Error(failure);
  return seconds;
}
