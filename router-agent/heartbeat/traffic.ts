/** Bytes that a tunnel's device has sent and received since it exists. */
export interface Counters {
  tx: number;
  rx: number;
}

export interface TrafficSample {
  now: number;
  counters: Counters;
  /** How late this sample is: time in which we looked at nothing, and which counts for nothing. */
  lateMs: number;
  /** How long an answer may take on this path now. */
  deadlineMs: number;
  /** Our own probes were under way since the sample before: what came in may be their answer. */
  own: boolean;
}

export interface TrafficNews {
  /** Something came in: the path lives. */
  heard: boolean;
  /** Somebody else than we sent or received. */
  active: boolean;
  /**
   * `unanswered`: something was sent and nothing came back for a whole deadline. `stopped`: what kept coming in has ended – of a download nothing more is
   * sent either –, told until somebody asks. Both are a reason to ask, not evidence: one-way traffic looks the same.
   */
  doubt: 'unanswered' | 'stopped' | null;
  /** Far more is sent into this silence than usual: the line's buffer may be filling. */
  surge: boolean;
}

export interface TrafficWatch {
  sample(sample: TrafficSample): TrafficNews;
}

/** The usual rate is a mean over about this long. */
const RATE_MEMORY_MS = 1000;
/** A surge is this many times the usual rate and at least so many bytes. */
const SURGE_FACTOR = 4;
const SURGE_BYTES = 64 * 1024;
/** Our own probes, and their answers, stay below this in one sample. */
const OWN_BYTES = 500;

/** Watches one tunnel's traffic by its counters. Pure but for what it remembers of the samples before. */
export function watchTraffic(): TrafficWatch {
  let last: { now: number; counters: Counters } | null = null;
  /** Since when something sent is without an answer, and how much had been sent by then. */
  let waiting: { since: number; tx: number } | null = null;
  /** When something came in that was not for us; null: nothing since it was last asked about. */
  let streamAt: number | null = null;
  let usualRate = 0;

  function first(sample: TrafficSample): TrafficNews {
    last = sample;
    waiting = null;
    streamAt = null;
    return { heard: false, active: false, doubt: null, surge: false };
  }

  function learnRate(bytes: number, ms: number): void {
    const share = Math.min(1, ms / RATE_MEMORY_MS);
    if (ms > 0) usualRate += (bytes / ms - usualRate) * share;
  }

  function doubtOf(now: number, deadlineMs: number): TrafficNews['doubt'] {
    if (waiting !== null && now - waiting.since >= deadlineMs) return 'unanswered';
    return streamAt !== null && now - streamAt >= deadlineMs ? 'stopped' : null;
  }

  return {
    sample(sample) {
      const { now, counters, lateMs, deadlineMs, own } = sample;
      // Counters that fall belong to another device of the same name.
      if (last === null || counters.tx < last.counters.tx || counters.rx < last.counters.rx) return first(sample);
      const before = last;
      last = { now, counters };
      const sent = counters.tx - before.counters.tx;
      const received = counters.rx - before.counters.rx;
      const heard = received > 0;
      if (waiting !== null) waiting = { ...waiting, since: waiting.since + lateMs };
      if (streamAt !== null) streamAt += lateMs;
      if (heard || waiting === null) learnRate(sent, now - before.now);
      if (heard) {
        waiting = null;
        if (!own || received > OWN_BYTES) streamAt = now;
        // The question that its end raised has been asked, and answered within this very sample.
        else if (streamAt !== null && now - streamAt >= deadlineMs) streamAt = null;
      } else {
        // The question is asked already.
        if (own) streamAt = null;
        if (sent > 0) waiting ??= { since: before.now + lateMs, tx: before.counters.tx };
      }
      const unanswered = waiting === null ? 0 : counters.tx - waiting.tx;
      const span = waiting === null ? 0 : now - waiting.since;
      const surge = unanswered > SURGE_BYTES && unanswered > SURGE_FACTOR * usualRate * span;
      return { heard, active: Math.max(sent, received) > (own ? OWN_BYTES : 0), doubt: heard ? null : doubtOf(now, deadlineMs), surge };
    },
  };
}
