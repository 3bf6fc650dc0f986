import type { Contender } from '../contender.ts';
import { birdBfd } from './bird-bfd.ts';
import { keepalivedScript } from './keepalived-script.ts';
import { keepalivedVrrp } from './keepalived-vrrp.ts';
import { mwan3Like } from './mwan3-like.ts';

export const BFD_FAST = birdBfd(50, 3);
export const BFD = birdBfd(100, 5);
export { keepalivedScript };

/** All that Farwatch is measured beside. */
export const RIVALS: readonly Contender[] = [BFD_FAST, BFD, keepalivedVrrp(100), keepalivedVrrp(1000), keepalivedScript, mwan3Like];
