import type { Shares } from './system.ts';
import { badSpans, type Server } from './world/episode.ts';
import type { World } from './world/world.ts';

/** From this time on the traffic is shared like this. */
export interface Change extends Shares {
  t: number;
}

/** What a system did in a world. Times in milliseconds, counts over all its hours. */
export interface Score {
  hours: number;
  /** How long traffic stayed on a server after it went bad; infinite where it was still there when the server was well again. */
  detectionMs: number[];
  failovers: number;
  /** Away from a server that served well, or to one that did not. */
  falseFailovers: number;
  failbacks: number;
  /** Back to the primary in the middle of its trouble. */
  badFailbacks: number;
  /** Traffic on a bad server, or on none, while another one served well. Shares count by their part. */
  deadMs: number;
}

/** @param changes in the order of time, the first at 0 */
export function score(world: World, changes: readonly Change[]): Score {
  return {
    hours: world.endMs / 3_600_000,
    detectionMs: detections(world, changes),
    ...moves(world, changes),
    deadMs: deadMs(world, changes),
  };
}

/** The place of the change that is in force at `t`. */
function placeAt(changes: readonly Change[], t: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle]?.t ?? 0) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function* harmfulSpans(world: World): Generator<[target: Server | 'both', from: number, to: number]> {
  for (const episode of world.episodes) if (episode.harmful) for (const [from, to] of badSpans(episode)) yield [episode.target, from, to];
}

function detections(world: World, changes: readonly Change[]): number[] {
  const found: number[] = [];
  for (const [target, from, to] of harmfulSpans(world)) {
    if (target === 'both') continue;
    let i = placeAt(changes, from);
    if ((changes[i]?.[target] ?? 0) <= 0.5) continue;
    while (i < changes.length && (changes[i]?.[target] ?? 0) > 0) i += 1;
    const leftAt = changes[i]?.t ?? Number.POSITIVE_INFINITY;
    found.push(leftAt < to ? leftAt - from : Number.POSITIVE_INFINITY);
  }
  return found;
}

/** Traffic returns when the primary gets its first share; it has left when the primary has none and the standby has some. */
function moves(world: World, changes: readonly Change[]): Pick<Score, 'failovers' | 'falseFailovers' | 'failbacks' | 'badFailbacks'> {
  const counts = { failovers: 0, falseFailovers: 0, failbacks: 0, badFailbacks: 0 };
  let onPrimary = true;
  for (const { t, a, b } of changes) {
    if (onPrimary && a === 0 && b > 0) {
      onPrimary = false;
      counts.failovers += 1;
      if (world.isUsable('a', t) || !world.isUsable('b', t)) counts.falseFailovers += 1;
    } else if (!onPrimary && a > 0) {
      onPrimary = true;
      counts.failbacks += 1;
      const episode = world.episodeAt(t);
      if (episode?.harmful && episode.target !== 'b') counts.badFailbacks += 1;
    }
  }
  return counts;
}

function deadMs(world: World, changes: readonly Change[]): number {
  let sum = 0;
  /** Time without any share, but for when there was nothing to be had. */
  const nowhere = (from: number, to: number) => overlap(changes, from, to, ({ a, b }) => 1 - a - b);
  sum += nowhere(0, world.endMs);
  for (const [target, from, to] of harmfulSpans(world)) {
    if (target === 'both') sum -= nowhere(from, to);
    else sum += overlap(changes, from, to, (shares) => shares[target]);
  }
  return sum;
}

/** The integral of a share over a span. */
function overlap(changes: readonly Change[], from: number, to: number, share: (change: Change) => number): number {
  let sum = 0;
  for (let i = Math.max(0, placeAt(changes, from)); i < changes.length; i++) {
    const change = changes[i];
    if (change === undefined || change.t >= to) break;
    const end = Math.min(to, changes[i + 1]?.t ?? to);
    sum += share(change) * Math.max(0, end - Math.max(from, change.t));
  }
  return sum;
}

/** `share` of the values lie at or below it; infinite when too many are. Null without values. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);
}
