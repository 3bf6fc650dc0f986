import type { Prng } from '../prng.ts';
import { BAD_MESSAGES } from './bad-messages.ts';
import { BROKEN_THINGS } from './broken-things.ts';
import { CRASHES } from './crashes.ts';
import type { Fault, FaultKind } from './fault.ts';
import { PEOPLE } from './people.ts';

export const FAULT_KINDS: readonly FaultKind[] = [...BROKEN_THINGS, ...BAD_MESSAGES, ...CRASHES, ...PEOPLE];

/** Faults an hour and site, at the least and at the most, by the round. */
const PER_SITE_HOUR = [2, 25] as const;

/**
 * What goes wrong in one round. Each round knows only some kinds of faults (swarm testing: what is everywhere hides what is rare), and its own measure of
 * them.
 */
export function drawFaults(rng: Prng, round: number, lengthMs: number, sites: number): Fault[] {
  const kinds = FAULT_KINDS.filter(() => rng.chance(0.4));
  const total = kinds.reduce((sum, { often }) => sum + often, 0);
  if (total === 0) return [];
  const perHour = rng.span(PER_SITE_HOUR[0], PER_SITE_HOUR[1]) * Math.max(1, sites * 0.6);
  const count = Math.ceil((perHour * lengthMs) / 3_600_000);
  const faults: Fault[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, forMs } = pickKind(rng, kinds, total);
    faults.push({ id: `${round}.${i}`, kind, atMs: rng.int(0, lengthMs), forMs: rng.span(forMs[0], forMs[1]) });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function pickKind(rng: Prng, kinds: readonly FaultKind[], total: number): FaultKind {
  let left = rng.next() * total;
  for (const kind of kinds) {
    left -= kind.often;
    if (left <= 0) return kind;
  }
  return rng.pick(kinds);
}

/** @throws when there is no such kind */
export function kindOf(fault: Fault): FaultKind {
  const found = FAULT_KINDS.find(({ kind }) => kind === fault.kind);
  if (found === undefined) throw new Error(`there is no fault of kind ${fault.kind}`);
  return found;
}
