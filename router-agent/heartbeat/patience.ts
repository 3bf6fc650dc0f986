/**
 * The longest silence on suspicion that ended by itself. A line whose losses come in bunches, and a machine that stops now and then, have
 * silences of their own length; what was harmless before is no death the next time. It fades, so that one bad evening does not slow detection for ever.
 */
export interface Scare {
  ms: number;
  at: number;
}

const HALF_LIFE_MS = 5 * 60_000;
/** A silence must be this much longer than the worst harmless one. */
const MARGIN = 1.5;
/** Nothing may delay a cut more than this. */
export const MAX_PATIENCE_MS = 1000;
/**
 * Traffic that has just grown many times over fills the line's buffer, and a probe waits behind it, which no earlier round trip
 * foretold. Home lines have buffers of up to half a second.
 */
const SURGE_PATIENCE_MS = 600;

/** A silence that ended within this was no death, whatever was said of it. */
const NO_DEATH_MS = 1000;

export function scareNow(scare: Scare | null, now: number): number {
  return scare === null ? 0 : scare.ms * 2 ** ((scare.at - now) / HALF_LIFE_MS);
}

/** The worse of what is remembered and of what was just lived through. */
export function rememberScare(scare: Scare | null, ms: number, now: number): Scare {
  return { ms: Math.max(ms, scareNow(scare, now)), at: now };
}

/** The same of a path that was condemned and heard again `ms` after its silence began: a line with bursts of loss must not be left for each of them. */
export function learnFromDeath(scare: Scare | null, ms: number, now: number): Scare | null {
  return ms <= NO_DEATH_MS ? rememberScare(scare, ms, now) : scare;
}

/** How late this process itself has just been. A machine that lets it wait lets the tunnels' processes wait too, and does so again. */
export interface Strain {
  ms: number;
  at: number;
}

/** A moment later the machine is a quiet one again; a healthy one is never late by more than a few, and pays nothing. */
const STRAIN_HALF_LIFE_MS = 2000;
const STRAIN_MARGIN = 3;
/** So that a long stall is forgotten in seconds too. */
const MAX_STRAIN_MS = 300;
/** More than this is no strain: the machine slept, or somebody set its clock. */
const SLEEP_MS = 5000;

const strainNow = (strain: Strain | null, now: number): number =>
  strain === null ? 0 : strain.ms * 2 ** ((strain.at - now) / STRAIN_HALF_LIFE_MS);

/** The worse of what is remembered and of a lateness of `ms` now. */
export function rememberStrain(strain: Strain | null, ms: number, now: number): Strain | null {
  if (ms > SLEEP_MS) return strain;
  return { ms: Math.max(Math.min(ms, MAX_STRAIN_MS), strainNow(strain, now)), at: now };
}

/** How long a suspicion must last, in milliseconds, before a path may be condemned, however many probes missed. */
export function patienceMs(scare: Scare | null, strain: Strain | null, surge: boolean, now: number): number {
  const reasons = [surge ? SURGE_PATIENCE_MS : 0, scareNow(scare, now) * MARGIN, strainNow(strain, now) * STRAIN_MARGIN];
  return Math.min(MAX_PATIENCE_MS, Math.max(...reasons));
}
