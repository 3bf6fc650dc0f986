import type { Reading, SiteServerState, SiteState } from './site-state.ts';
import type { Ms, QualityRules, SiteRules } from './types.ts';

/*
 * Alive but bad. The router measures loss and round-trip time over its own heartbeats; here they only have to stay on one side of the limit for a
 * whole window, and the way back needs a clearly better reading, so that a path near its limit does not move traffic to and fro: with a limit of 10 %
 * and margins of 2 points and 20 %, readings that swing between 8.5 % and 11 % change nothing.
 */

/** The best reading of a server's living paths. */
export function readingOf(server: SiteServerState, leaseMs: Ms, t: Ms): Reading {
  const reading: Reading = { loss: null, rttMs: null };
  for (const wan in server.paths) {
    const path = server.paths[wan];
    if (path === undefined || !path.alive || t >= path.t + leaseMs) continue;
    if (path.loss !== null && (reading.loss === null || path.loss < reading.loss)) reading.loss = path.loss;
    if (path.rttMs !== null && (reading.rttMs === null || path.rttMs < reading.rttMs)) reading.rttMs = path.rttMs;
  }
  return reading;
}

/** Keeps each server's `poor`, in place. */
export function recordQuality(site: SiteState, rules: SiteRules, t: Ms): void {
  const { quality } = rules;
  for (const id in site.servers) {
    const server = site.servers[id];
    if (server === undefined) continue;
    if (quality === undefined) server.poor = false;
    const turns = quality !== undefined && speaksAgainst(server, readingOf(server, rules.leaseMs, t), quality);
    server.turningMs = turns ? (server.turningMs ?? t) : null;
    if (quality === undefined || server.turningMs === null || t < server.turningMs + quality.windowMs) continue;
    server.poor = !server.poor;
    server.turningMs = null;
  }
}

/** When a reading that stays as it is changes `poor`; null: never. */
export function qualityDueMs(server: SiteServerState, rules: SiteRules): Ms | null {
  return rules.quality === undefined || server.turningMs === null ? null : server.turningMs + rules.quality.windowMs;
}

function speaksAgainst(server: SiteServerState, reading: Reading, rules: QualityRules): boolean {
  const heard = reading.loss !== null || reading.rttMs !== null;
  return heard && (server.poor ? isClearlyGood(reading, rules) : exceeds(reading, rules) !== null);
}

/** What of a reading is above its limit. */
function exceeds(reading: Reading, rules: QualityRules): 'loss' | 'rttMs' | null {
  if (rules.maxLoss !== null && (reading.loss ?? 0) > rules.maxLoss) return 'loss';
  return rules.maxRttMs !== null && (reading.rttMs ?? 0) > rules.maxRttMs ? 'rttMs' : null;
}

function isClearlyGood(reading: Reading, rules: QualityRules): boolean {
  const loss = rules.maxLoss === null || isClearlyBelow(reading.loss ?? 0, rules.maxLoss, rules.marginLoss, rules.marginRatio);
  return loss && (rules.maxRttMs === null || isClearlyBelow(reading.rttMs ?? 0, rules.maxRttMs, rules.marginRttMs, rules.marginRatio));
}

/** By both margins; for values that cannot go so far down, zero is enough. */
function isClearlyBelow(value: number, than: number, margin: number, ratio: number): boolean {
  return value <= Math.max(0, than - Math.max(margin, ratio * than));
}

/** Whether traffic would clearly be better off: by both margins, in what is bad about the path that it has. */
export function isClearlyBetter(reading: Reading, than: Reading, rules: QualityRules): boolean {
  switch (exceeds(than, rules)) {
    case 'loss':
      return isClearlyBelow(reading.loss ?? 0, than.loss ?? 0, rules.marginLoss, rules.marginRatio);
    case 'rttMs':
      return reading.rttMs !== null && isClearlyBelow(reading.rttMs, than.rttMs ?? 0, rules.marginRttMs, rules.marginRatio);
    default:
      return false;
  }
}
