/** The longest silence between two moments, in milliseconds, and when it began and ended. */
export interface Gap {
  ms: number;
  fromMs: number;
  toMs: number;
}

/**
 * The longest silence in a rising list of arrivals, as somebody sees it who starts to watch at `fromMs`: the last arrival before the window
 * opens counts as its start, so that a silence that was already under way is measured whole; and the time since the last arrival counts too, up to
 * `toMs`. Nothing is subtracted: with a datagram each 10 ms an undisturbed path already shows a gap of 10 ms and more.
 */
export function longestGap(arrivalsMs: readonly number[], fromMs: number, toMs: number): Gap {
  const before = arrivalsMs.findLast((at) => at <= fromMs) ?? fromMs;
  const inside = arrivalsMs.filter((at) => at > fromMs && at <= toMs);
  let longest: Gap = { ms: 0, fromMs: before, toMs: before };
  let previous = before;
  for (const at of [...inside, toMs]) {
    if (at - previous > longest.ms) longest = { ms: at - previous, fromMs: previous, toMs: at };
    previous = at;
  }
  return longest;
}
