import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';

/** A region that probes. */
export class Vantage extends DurableObject<Env> {}
