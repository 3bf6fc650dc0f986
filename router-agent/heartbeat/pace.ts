/** What decides whether a heartbeat is due. Times are the clock's `now()`, in milliseconds. */
export interface PaceInput {
  now: number;
  /** When anything was last sent to ask; null: never. */
  sentAt: number | null;
  alive: boolean | null;
  /** Since when `alive` is what it is. */
  since: number;
  /** When a path that was dead came back; null: it never died. */
  revivedAt: number | null;
  /** Share of probes lost, 0–1. */
  loss: number;
  /** Answers since the start. */
  answers: number;
  /** Clean answers in a row of a dead path. */
  clean: number;
  /** The tunnel's counters can be read: traffic itself tells of trouble. */
  watched: boolean;
  idleIntervalMs: number;
}

/** As many answers give a round-trip time to build deadlines on. */
export const WARM_UP_ANSWERS = 8;
/** A path that came back is looked at closely for as long as its return usually waits, so that its loss is known by then. */
const SETTLING_MS = 60_000;
/** One that loses more than this is asked each second until it does not: at the pace of an idle line its hundred last probes would be those of a quarter of an hour. */
const LOSSY = 0.05;
const LOSSY_INTERVAL_MS = 1000;
/**
 * A path that stays dead is asked less often after a while: 5 probes a second for days are hundreds of megabytes. But when all are dead and the uplink
 * comes back, the path that carries, for which one answer is enough, must have it before another has five in a row.
 */
const DEAD_FOR_LONG_MS = 60_000;
const LONG_DEAD_INTERVAL_MS = 600;

/**
 * Asked each `pauseMs`. A path that is watched and well is only asked each `idle_interval_ms`, to know its round-trip time and that an idle
 * standby still lives; anything unsettled is asked at once.
 */
export function heartbeatDue(input: PaceInput): boolean {
  const { now, sentAt, alive, since } = input;
  if (sentAt === null || !input.watched) return true;
  if (alive === false) return now - since < DEAD_FOR_LONG_MS || input.clean > 0 || now - sentAt >= LONG_DEAD_INTERVAL_MS;
  if (input.loss > LOSSY && now - sentAt >= LOSSY_INTERVAL_MS) return true;
  return isUnsettled(input) || now - sentAt >= input.idleIntervalMs;
}

/**
 * How long to wait before asking `heartbeatDue` again, in milliseconds: `intervalMs`, and where nothing can be due before the next heartbeat of a
 * path that is well, until then, but not longer than a loss that shows meanwhile allows. A change of `alive` or `watched` ends the pause.
 */
export function pauseMs(input: PaceInput, intervalMs: number): number {
  const { now, sentAt, alive } = input;
  if (sentAt === null || !input.watched || alive === false || isUnsettled(input)) return intervalMs;
  return Math.max(intervalMs, Math.min(sentAt + input.idleIntervalMs - now, LOSSY_INTERVAL_MS));
}

function isUnsettled({ now, alive, revivedAt, answers }: PaceInput): boolean {
  const settling = revivedAt !== null && now - revivedAt < SETTLING_MS;
  return alive === null || settling || answers < WARM_UP_ANSWERS;
}
