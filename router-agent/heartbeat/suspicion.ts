import { MAX_PATIENCE_MS, patienceMs, type Scare, type Strain } from './patience.ts';

/** Probes of a suspicion follow each other by this much. */
export const SPACING_MS = 20;
/** A timer that fires later than this says that we are slow, not the path: the answer may wait in the kernel. */
export const LATE_MS = 20;
/** Our own lateness excuses a suspicion this often; after that the router is beyond help and evidence counts again. */
const MAX_EXCUSES = 4;

/** One suspicion: probes that must all miss. Anything heard ends it. */
export interface Suspicion {
  since: number;
  /** Probes sent, the one that began it included, and how many must miss. */
  sent: number;
  need: number;
  /** Probes that could not even leave: there is no answer to wait for. */
  failed: number;
  excuses: number;
  /** We were late since the evidence began. */
  late: boolean;
  /** Traffic grew so fast that the line's buffer may be what is slow. */
  surge: boolean;
  /** All evidence is there, and it says that the path is dead. Others may have to agree. */
  exhausted: boolean;
  /** The tunnel leaves by another WAN since it began. */
  detoured: boolean;
}

export function newSuspicion(now: number, misses: number): Suspicion {
  return { since: now, sent: 0, need: misses + 1, failed: 0, excuses: 0, late: false, surge: false, exhausted: false, detoured: false };
}

/** What follows when all probes have missed. `again`: the evidence is void and gathered anew. `waitMs`: it is too early. */
export type Finding = { kind: 'again' } | { kind: 'wait'; waitMs: number } | { kind: 'dead' };

/** What this path, and the machine, have taught to be patient with. `deaf`: probes of this path are swallowed, so that they prove little. */
export interface Experience {
  scare: Scare | null;
  strain: Strain | null;
  deaf: boolean;
}

/** Lateness first: what a process that was not running did not hear proves nothing. */
export function weigh(suspicion: Suspicion, { scare, strain, deaf }: Experience, now: number): Finding {
  if (suspicion.late && suspicion.excuses < MAX_EXCUSES) return { kind: 'again' };
  const patience = deaf ? MAX_PATIENCE_MS : patienceMs(scare, strain, suspicion.surge, now);
  const waitMs = patience - (now - suspicion.since);
  return waitMs > 0 ? { kind: 'wait', waitMs } : { kind: 'dead' };
}

/** Gathers the evidence anew; how long the suspicion lasts already is not forgotten. */
export function excuse(suspicion: Suspicion): void {
  suspicion.excuses += 1;
  suspicion.sent = 1;
  suspicion.failed = 0;
  suspicion.late = false;
}
