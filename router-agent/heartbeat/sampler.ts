import type { Clock } from '../clock.ts';
import type { CounterReader } from './counters.ts';
import type { Counters } from './traffic.ts';

/** Who is told of a device's counters. */
export interface Watcher {
  device: string;
  /** `counters` null: the device is not there. Answers whether it wants to look closely. */
  sample(counters: Counters | null, lateMs: number): boolean;
}

/** How often the counters are read while there is traffic; half of it is in every detection. */
const BUSY_MS = 15;
/** The same when nothing moved for `REST_AFTER_MS`: the first packet of an idle line waits for its own retransmission anyway. */
const IDLE_MS = 200;
const REST_AFTER_MS = 2000;

/** Reads all devices' counters again and again, for all paths at once, and tells how late it was itself. The result stops it. */
export function startSampler(clock: Clock, reader: CounterReader, watchers: readonly Watcher[]): () => void {
  let busyUntil = clock.now() + REST_AFTER_MS;
  let cancel: () => void = () => undefined;
  function sleep(): void {
    const ms = clock.now() < busyUntil ? BUSY_MS : IDLE_MS;
    const dueAt = clock.now() + ms;
    cancel = clock.after(ms, () => look(Math.max(0, clock.now() - dueAt)));
  }
  function look(lateMs: number): void {
    const counters = reader.read();
    // Every watcher is told, whatever the one before it said.
    const wishes = watchers.map((watcher) => watcher.sample(counters?.get(watcher.device) ?? null, lateMs));
    if (wishes.includes(true)) busyUntil = clock.now() + REST_AFTER_MS;
    sleep();
  }
  sleep();
  return () => cancel();
}
