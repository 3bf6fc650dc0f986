/** One measured value, beside what it is compared with where there is something. */
export interface Figure {
  /** What was measured, in words that stand alone. */
  what: string;
  value: number;
  unit: string;
  /** The peer's value in the same unit, measured in the same run or cited (`peerName` says which). */
  peer?: { name: string; value: number };
  better: 'higher' | 'lower';
  /** What the value is promised to be at worst; a broken promise is an exit code. */
  promise?: number;
}

/** A benchmark: one file in this folder's subfolders, one line in `registry.ts`. */
export interface Benchmark {
  /** What it is called on the command line. */
  name: string;
  /** What it measures, one sentence. */
  story: string;
  /** Why it cannot run here (no root, a missing package), or null. It is then skipped, and says so. */
  lacks?(): string | null;
  /** How often it measures what it takes a median of; without it the number of trials is its own affair. */
  trials?: number;
  /** How large a crowd it gathers; without it, none whose size can be chosen. */
  size?: number;
  /** Measures. `say` tells of progress. @throws when a measurement came to nothing */
  run(say: (text: string) => void, trials: number, size: number): Figure[] | Promise<Figure[]>;
}

/** The JSON line of a figure. `ratio` is value ÷ peer; with `better` it says who is ahead. Without a peer both are null. */
export function lineOf(bench: string, figure: Figure): string {
  const { what, value, unit, peer, better, promise } = figure;
  const ratio = peer === undefined || peer.value === 0 ? null : round(value / peer.value);
  const compared = { peer: peer === undefined ? null : round(peer.value), ratio, better, peerName: peer?.name ?? null };
  return JSON.stringify({
    bench,
    what,
    value: round(value),
    unit,
    ...compared,
    ...(promise === undefined ? {} : { promise, kept: isKept(figure) }),
  });
}

export function isKept({ value, promise, better }: Figure): boolean {
  return promise === undefined || (better === 'higher' ? value >= promise : value <= promise);
}

/** Four significant digits; whole numbers stay whole. */
function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
