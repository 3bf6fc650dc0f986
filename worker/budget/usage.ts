/** What a day on Cloudflare is billed by. */
export interface Usage {
  /** Requests from outside, and cron. */
  workerRequests: number;
  /** Requests to Durable Objects: RPC, fetch, alarms; twenty WebSocket messages are one. */
  doRequests: number;
  /** Time in which objects are at work, in GB-s of their 128 MB. */
  gbSeconds: number;
  rowsWritten: number;
  rowsRead: number;
  /** Held at the end, not a day's growth: everything that grows is bounded. */
  storageMb: number;
}

export type Quota = keyof Usage;

export const QUOTAS: readonly Quota[] = ['workerRequests', 'doRequests', 'gbSeconds', 'rowsWritten', 'rowsRead', 'storageMb'];

export const NOTHING: Usage = { workerRequests: 0, doRequests: 0, gbSeconds: 0, rowsWritten: 0, rowsRead: 0, storageMb: 0 };

export function sum(all: readonly Usage[]): Usage {
  const total = { ...NOTHING };
  for (const usage of all) for (const quota of QUOTAS) total[quota] += usage[quota];
  return total;
}

export function times(count: number, usage: Usage): Usage {
  const product = { ...NOTHING };
  for (const quota of QUOTAS) product[quota] = count * usage[quota];
  return product;
}

/** An object that is at work for a second: 128 MB, as Cloudflare counts it (86,400 s are 11,059 GB-s). */
const GB = 0.128;

/** Milliseconds at work as GB-s. */
export function gbSeconds(activeMs: number): number {
  return (activeMs / 1000) * GB;
}
