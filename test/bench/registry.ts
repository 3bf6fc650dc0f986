import { abuse } from './abuse/malformed.ts';
import type { Benchmark } from './benchmark.ts';
import { herd } from './edge/herd.ts';
import { kills } from './edge/kills.ts';
import { wake } from './edge/wake.ts';
import { failover } from './failover/failover.ts';
import { replay } from './judge/replay.ts';
import { step } from './judge/step.ts';
import { detection } from './outside/detection.ts';

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [replay, step, detection, wake, herd, kills, abuse, failover];
