import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { judge } from './run.ts';
import type { Score } from './score.ts';
import { SYSTEMS } from './systems.ts';
import { MIXES } from './world/mixes.ts';
import { World } from './world/world.ts';

/** One system in one world. */
export interface Task {
  system: string;
  mix: string;
  seed: string;
  hours: number;
}

export interface Result extends Task {
  score: Score;
}

export function runTask(task: Task): Result {
  const system = SYSTEMS.find(({ id }) => id === task.system);
  const mix = MIXES.find(({ id }) => id === task.mix);
  if (system === undefined || mix === undefined) throw new Error(`there is no ${task.system} in ${task.mix}`);
  return { ...task, score: judge(system, new World(mix, task.seed, task.hours)) };
}

/** Runs all tasks, one on each core at a time. The results come in any order; they do not depend on it. */
export async function runAll(tasks: readonly Task[], onResult: (result: Result) => void): Promise<void> {
  const left = [...tasks];
  const threads = Math.min(availableParallelism(), tasks.length);
  await Promise.all(Array.from({ length: threads }, () => thread(left, onResult)));
}

function thread(left: Task[], onResult: (result: Result) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.filename);
    const next = (): void => {
      const task = left.shift();
      if (task !== undefined) worker.postMessage(task);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (result: Result) => {
      onResult(result);
      next();
    });
    worker.on('error', reject);
    next();
  });
}

if (!isMainThread) parentPort?.on('message', (task: Task) => parentPort?.postMessage(runTask(task)));
