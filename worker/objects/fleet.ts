import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';

/** The whole fleet: configuration, quorum, incidents, timeline. */
export class Fleet extends DurableObject<Env> {}
