/** The two servers of the compared site: `a` is preferred, `b` stands by. */
export type Server = 'a' | 'b';
export const SERVERS: readonly Server[] = ['a', 'b'];

/** Places outside that probe; only Farwatch has such. */
export const VANTAGES: readonly string[] = ['weur', 'enam', 'apac'];

/**
 * Something that goes wrong for a while, the only thing at that time. It is bad and good in turns, bad first (`flips`). Times are milliseconds since
 * the world began.
 */
export interface Episode {
  from: number;
  to: number;
  /** When it turns from bad to good and back, rising, all within `from`–`to`. */
  flips: readonly number[];
  /** Where it lies: a server is seen from outside too, a path and the uplink from the router only; `monitor`: only packets that ask, never those of users. */
  where: 'server' | 'path' | 'uplink' | 'monitor';
  /** Whom it hits; the uplink hits both. */
  target: Server | 'both';
  /** Share of packets lost in one direction while it is bad, 0–1. */
  loss: number;
  /** Added to a round trip while it is bad. */
  extraMs: number;
  /** Users are right to leave a server that it hits. What is not harmful is no reason to move. */
  harmful: boolean;
  /** A vantage that sees nothing meanwhile, not even its witnesses; null: all see. */
  blind: string | null;
}

export function hits(episode: Episode, server: Server): boolean {
  return episode.target === 'both' || episode.target === server;
}

/** Whether it is bad just then, given that it lasts. */
export function isBad({ flips }: Episode, t: number): boolean {
  let low = 0;
  let high = flips.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((flips[middle] ?? 0) <= t) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 0;
}

/** Its bad times, `[from, to)` each. */
export function badSpans({ from, to, flips }: Episode): [number, number][] {
  const edges = [from, ...flips, to];
  const spans: [number, number][] = [];
  for (let i = 0; i + 1 < edges.length; i += 2) spans.push([edges[i] ?? from, edges[i + 1] ?? to]);
  return spans;
}
