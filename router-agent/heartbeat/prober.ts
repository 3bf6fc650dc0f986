/** What came back for one probe. `ok: false` is silence to the end, or a local failure (no route). */
export type ProbeAnswer = { ok: true } | { ok: false; reason: string };

/**
 * Sends one probe and calls back exactly once, possibly long after the caller stopped counting on it: a late answer still proves life.
 * The result abandons the probe and frees what it holds; then nothing is called back.
 */
export type Prober = (answer: (answer: ProbeAnswer) => void) => () => void;
