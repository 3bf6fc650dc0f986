import { edgeGone } from './edge-gone.ts';
import { failback } from './failback.ts';
import { failover } from './failover.ts';
import { restart } from './restart.ts';
import type { Scenario } from './scenario.ts';
import { uplink } from './uplink.ts';

export const SCENARIOS: readonly Scenario[] = [failover, failback, edgeGone, restart, uplink];
