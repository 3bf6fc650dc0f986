import type { Trace } from '../trace.ts';
import { CONTROLS } from './controls.ts';
import { FAILBACKS } from './failback.ts';
import { FAILURES } from './failure.ts';
import { SITES } from './sites.ts';
import { STARTS } from './start.ts';
import { BLAME } from './uplink.ts';
import { VANTAGES } from './vantages.ts';

export const TRACES: readonly Trace[] = [...STARTS, ...FAILURES, ...BLAME, ...VANTAGES, ...FAILBACKS, ...CONTROLS, ...SITES];
