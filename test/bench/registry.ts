import type { Benchmark } from './benchmark.ts';
import { replay } from './judge/replay.ts';
import { step } from './judge/step.ts';
import { detection } from './outside/detection.ts';

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [replay, step, detection];
