/** So many wrong tokens in one window are answered one by one; whoever sends more has to wait. Tokens are 256 random bits: this saves work, not them. */
const MAX_WRONG = 40;
const WINDOW_MS = 60_000;
/** Of more addresses than this the oldest are forgotten. */
const MAX_ADDRESSES = 1000;

/** Counts the wrong tokens of each address, in the memory of one isolate: it costs no row and no request, and an attacker meets few isolates. */
export class WrongTokens {
  private readonly counts = new Map<string, { wrong: number; untilMs: number }>();

  /** Notes one more. How long the address has to wait before the next, in whole seconds; null: not at all. */
  note(address: string, nowMs: number): number | null {
    const network = networkOf(address);
    const known = this.counts.get(network);
    const count = known === undefined || nowMs >= known.untilMs ? { wrong: 0, untilMs: nowMs + WINDOW_MS } : known;
    count.wrong++;
    // Last in line again: the first in line is the first to be forgotten.
    this.counts.delete(network);
    this.counts.set(network, count);
    const [oldest] = this.counts.keys();
    if (this.counts.size > MAX_ADDRESSES && oldest !== undefined) this.counts.delete(oldest);
    return count.wrong <= MAX_WRONG ? null : Math.ceil((count.untilMs - nowMs) / 1000);
  }
}

/** One customer has all of an IPv6 /64 and can speak from any address in it. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = ''] = address.toLowerCase().split('::');
  const groups = head.split(':');
  return Array.from({ length: 4 }, (_, index) => groups[index] || '0').join(':');
}
