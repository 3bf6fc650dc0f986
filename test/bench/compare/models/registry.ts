import type { System } from '../system.ts';
import { bfd50, bfd300 } from './bfd.ts';
import { dpinger } from './dpinger.ts';
import { haproxy } from './haproxy.ts';
import { keepalived } from './keepalived.ts';
import { mwan3 } from './mwan3.ts';
import { omr } from './omr.ts';
import { phiAccrual } from './phi-accrual.ts';

/** The others, slowest first. */
export const MODELS: readonly System[] = [omr, mwan3, dpinger, haproxy, phiAccrual, keepalived, bfd300, bfd50];
