import { abuse } from './abuse/malformed.ts';
import type { Benchmark } from './benchmark.ts';
import { herd, herdAsleep } from './edge/herd.ts';
import { kills } from './edge/kills.ts';
import { wake } from './edge/wake.ts';
import { failover } from './failover/failover.ts';
import { replay } from './judge/replay.ts';
import { step } from './judge/step.ts';
import { cutMany } from './lab/cut-many.ts';
import { falseSwitches } from './lab/false-switches.ts';
import { planned } from './lab/planned.ts';
import { switchOver } from './lab/switch.ts';
import { wanLoss } from './lab/wan-loss.ts';
import { detection } from './outside/detection.ts';

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  replay,
  step,
  detection,
  wake,
  herd,
  herdAsleep,
  kills,
  abuse,
  failover,
  switchOver,
  cutMany,
  wanLoss,
  planned,
  falseSwitches,
];
