/** No clock of the edge is ever further off than this: providers discipline them, but they do step. Milliseconds. */
export const MAX_SKEW_MS = 2000;

/** One machine's clock: it may step and drift against the true time. */
export class NodeClock {
  private readonly maxSkewMs: number;
  private offsetMs = 0;
  private driftPpm = 0;
  private anchor = 0;

  constructor(maxSkewMs = MAX_SKEW_MS) {
    this.maxSkewMs = maxSkewMs;
  }

  /** What it shows at a true time, whole milliseconds. */
  read(trueMs: number): number {
    return Math.round(trueMs + this.skew(trueMs));
  }

  step(trueMs: number, byMs: number): void {
    this.offsetMs = this.skew(trueMs) + byMs;
    this.anchor = trueMs;
  }

  drift(trueMs: number, ppm: number): void {
    this.offsetMs = this.skew(trueMs);
    this.anchor = trueMs;
    this.driftPpm = ppm;
  }

  /** It shows the true time again. */
  heal(): void {
    this.offsetMs = 0;
    this.driftPpm = 0;
  }

  /** How long until it shows `localMs`, as far as can be known now; never negative. */
  until(localMs: number, trueMs: number): number {
    return Math.max(0, localMs - this.read(trueMs));
  }

  private skew(trueMs: number): number {
    const skew = this.offsetMs + (this.driftPpm * (trueMs - this.anchor)) / 1e6;
    return Math.max(-this.maxSkewMs, Math.min(this.maxSkewMs, skew));
  }
}
