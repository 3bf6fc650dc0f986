import type { SiteNews } from './contract.ts';
import type { SiteFacts } from './site-facts.ts';
import { pictureOf, steadyPicture } from './site-picture.ts';
import type { SiteStore } from './site-store.ts';

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 300_000;

/** Brings the site's news to the Fleet, at least once: rows stay until it took them. */
export class SitePost {
  private readonly store: SiteStore;
  private readonly facts: SiteFacts;
  private readonly send: (news: SiteNews) => Promise<void>;
  private underway = false;
  private failures = 0;
  /** Ends the wait of `deliverWithin`, if one is under way. */
  private hurry: (() => void) | null = null;
  /** When to try again; null: nothing waits, or nothing has failed. */
  retryAtMs: number | null = null;

  constructor(store: SiteStore, facts: SiteFacts, send: (news: SiteNews) => Promise<void>) {
    this.store = store;
    this.facts = facts;
    this.send = send;
  }

  /** Sends until nothing is left to say. Never throws: a failure sets `retryAtMs`. One delivery at a time, so that no older picture overtakes. */
  async deliver(): Promise<void> {
    if (this.underway) return;
    this.underway = true;
    this.hurry?.();
    try {
      while (await this.sendOne()) this.failures = 0;
      this.retryAtMs = null;
    } catch (error) {
      this.retryAtMs = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS);
      this.failures++;
      console.warn(`the fleet did not take a site's news: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.underway = false;
    }
  }

  /** Sends within this time, and sooner with what is sent before: one letter for both. */
  async deliverWithin(waitMs: number): Promise<void> {
    if (this.hurry !== null) return;
    const isDue = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), waitMs);
      this.hurry = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
    this.hurry = null;
    if (isDue) await this.deliver();
  }

  private async sendOne(): Promise<boolean> {
    const { facts, store } = this;
    const status = pictureOf(facts);
    if (status === null) return false;
    const picture = steadyPicture(status);
    const { entries, incidents, upTo } = store.pending();
    if (upTo === 0 && picture === facts.told.picture) return false;
    // Time keeps the revision rising even when the last one was sent but not saved.
    const revision = Math.max(facts.told.revision + 1, Date.now());
    await this.send({ site: status.id, revision, status, entries, incidents });
    facts.told = { picture, revision };
    store.taken(upTo, facts);
    return true;
  }
}
