import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { SiteSnapshot } from './contract.ts';

/** One router and what is behind it. */
export class Site extends DurableObject<Env> {
  async assume(snapshot: SiteSnapshot): Promise<void> {
    await this.ctx.storage.put('snapshot', snapshot);
  }
}
