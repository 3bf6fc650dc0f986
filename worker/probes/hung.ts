/**
 * A connect that is given up is not freed: it stays in SYN-SENT until the kernel gives up too, after 127 s (Linux, `tcp_syn_retries = 6`), and nothing
 * tells when. So they are counted by time.
 */
const LIVES_MS = 130_000;

/** More than a round every second in which six connects hang for 2 s leaves behind (381), and few enough for any machine. */
export const MAX_HUNG = 512;

/** The connects of one object that were given up before they were answered. */
export class HungConnects {
  private since: number[] = [];

  note(nowMs: number): void {
    this.since.push(nowMs);
  }

  count(nowMs: number): number {
    // A clock that was set back must not keep them for ever.
    this.since = this.since.filter((sinceMs) => Math.abs(nowMs - sinceMs) < LIVES_MS);
    return this.since.length;
  }

  isFull(nowMs: number): boolean {
    return this.count(nowMs) >= MAX_HUNG;
  }
}
