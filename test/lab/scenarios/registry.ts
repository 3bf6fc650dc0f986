import { failover } from './failover.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [failover];
