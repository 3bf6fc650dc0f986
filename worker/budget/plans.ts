import { QUOTAS, type Quota, type Usage } from './usage.ts';

/** Cloudflare's price list (developers.cloudflare.com: Workers and Durable Objects, "Pricing"); limits count for the whole account. */

export type Plan = 'free' | 'paid';

/** The free plan's limits: a day, of storage at any time. Past one of them, operations fail until midnight UTC. */
export const FREE_LIMITS: Usage = {
  workerRequests: 100_000,
  doRequests: 100_000,
  gbSeconds: 13_000,
  rowsWritten: 100_000,
  rowsRead: 5_000_000,
  storageMb: 5_000,
};

interface Price {
  /** In the $5 a month. */
  included: number;
  usd: number;
  /** What `usd` buys. */
  per: number;
}

/** The paid plan: a month. */
const PAID_PRICES: Record<Quota, Price> = {
  workerRequests: { included: 10e6, usd: 0.3, per: 1e6 },
  doRequests: { included: 1e6, usd: 0.15, per: 1e6 },
  gbSeconds: { included: 400_000, usd: 12.5, per: 1e6 },
  rowsWritten: { included: 50e6, usd: 1, per: 1e6 },
  rowsRead: { included: 25e9, usd: 0.001, per: 1e6 },
  storageMb: { included: 5_000, usd: 0.2, per: 1_000 },
};

const DAYS_A_MONTH = 30;

/** What a day's usage, every day of a month, costs beyond the $5 of the paid plan, in dollars by quota. */
export function monthlyUsd(day: Usage): Usage {
  const cost = { ...day };
  for (const quota of QUOTAS) {
    const { included, usd, per } = PAID_PRICES[quota];
    const used = quota === 'storageMb' ? day[quota] : day[quota] * DAYS_A_MONTH;
    cost[quota] = (Math.max(0, used - included) / per) * usd;
  }
  return cost;
}

/** The sum of `monthlyUsd`. */
export function monthlyTotalUsd(day: Usage): number {
  const cost = monthlyUsd(day);
  return QUOTAS.reduce((total, quota) => total + cost[quota], 0);
}
