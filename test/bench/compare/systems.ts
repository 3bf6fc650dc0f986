import { farwatch, farwatchQuality } from './farwatch/farwatch.ts';
import { MODELS } from './models/registry.ts';
import type { System } from './system.ts';

/** All that are compared, Farwatch last. */
export const SYSTEMS: readonly System[] = [...MODELS, farwatch, farwatchQuality];
