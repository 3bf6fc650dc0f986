import type { Clock } from '../clock.ts';
import type { Prober } from './prober.ts';
import { deadlineMs, observeRtt, type Rtt } from './rtt.ts';
import { BURST_SPACING_MS, burstSize, EMPTY_WINDOW, lossOf, recordHeartbeat } from './suspicion.ts';

/** What the heartbeats say of one path. `alive` is null until there is evidence. */
export interface PathState {
  alive: boolean | null;
  rttMs: number | null;
  /** 0–1, over the last heartbeats of the living path. */
  loss: number;
  /** When the last answer came, on the clock's `now()`; null: never. */
  heardAt: number | null;
  /** Why the last probe failed at once (`EHOSTUNREACH`), where one did. */
  trouble: string | null;
}

export interface MonitorOptions {
  intervalMs: number;
  /** Probes of a burst that must all miss, on a path without loss. */
  misses: number;
  probe: Prober;
  clock: Clock;
  onChange(alive: boolean, state: PathState): void;
  /** A heartbeat was missed; the burst begins. */
  onSuspect?(): void;
  onHeard?(): void;
  /** How many clean answers in a row revive it, asked when one comes; without it, `RISE_ANSWERS`. */
  riseAnswers?(): number;
}

export interface Monitor {
  state(): PathState;
  /** When the newest heartbeat that was answered had been sent – the path lived after that moment –, on the clock's `now()`; null: never. */
  provenAt(): number | null;
  /** Sends a heartbeat now, unless a burst is under way, which asks already. */
  ask(): void;
  stop(): void;
}

/** A dead path lives again after this many clean answers in a row: one lucky packet through a dying link is no recovery. */
export const RISE_ANSWERS = 5;
/** A deadline that fires later than this says that we are slow, not the path: the answer may wait in the kernel. */
const LATE_MS = 20;
/**
 * Until this many answers the round-trip time is a guess and this process itself is starting: a deadline is then at least `WARM_UP_DEADLINE_MS`. (Seen:
 * an agent restarted on a starved machine cut a living path 1.5 s after its first answer.)
 */
const WARM_UP_ANSWERS = 16;
const WARM_UP_DEADLINE_MS = 300;
/** Our own lateness excuses one probe this often; after that the router is beyond help and evidence counts again. */
const MAX_EXCUSES = 3;

interface Flight {
  sentAt: number;
  burst: number;
  settled: boolean;
}

/**
 * Watches one path: a heartbeat each interval; the first that misses its deadline starts a burst, and when the whole burst stays silent
 * the path is dead. Anything heard meanwhile, however late, clears the suspicion.
 */
export function startMonitor(options: MonitorOptions): Monitor {
  const { clock } = options;
  const cancels = new Set<() => void>();
  let rtt: Rtt | null = null;
  let window = EMPTY_WINDOW;
  let alive: boolean | null = null;
  let heardAt: number | null = null;
  let provenAt: number | null = null;
  let trouble: string | null = null;
  let clean = 0;
  let answers = 0;
  /** The burst that runs now, 0: none. Answers and misses of earlier ones do not count. */
  let burst = 0;
  let bursts = 0;
  let burstLeft = 0;
  let stopped = false;

  const state = (): PathState => ({ alive, rttMs: rtt?.srttMs ?? null, loss: lossOf(window), heardAt, trouble });

  function later(ms: number, task: () => void): void {
    const cancel = clock.after(ms, () => {
      cancels.delete(cancel);
      if (!stopped) task();
    });
    cancels.add(cancel);
  }

  function send(partOf: number): void {
    const flight: Flight = { sentAt: clock.now(), burst: partOf, settled: false };
    const abandon = options.probe((answer) => {
      cancels.delete(abandon);
      if (stopped) return;
      if (answer.ok) return heard(flight);
      trouble = answer.reason;
      if (!flight.settled) missed(flight);
    });
    cancels.add(abandon);
    watch(flight, patienceMs(), MAX_EXCUSES);
  }

  function patienceMs(): number {
    return answers < WARM_UP_ANSWERS ? Math.max(WARM_UP_DEADLINE_MS, deadlineMs(rtt)) : deadlineMs(rtt);
  }

  function watch(flight: Flight, ms: number, excuses: number): void {
    const dueAt = clock.now() + ms;
    later(ms, () => {
      if (flight.settled) return;
      if (clock.now() - dueAt > LATE_MS && excuses > 0) return watch(flight, ms, excuses - 1);
      missed(flight);
    });
  }

  function heard(flight: Flight): void {
    const inTime = !flight.settled;
    flight.settled = true;
    heardAt = clock.now();
    answers += 1;
    provenAt = Math.max(provenAt ?? flight.sentAt, flight.sentAt);
    trouble = null;
    rtt = observeRtt(rtt, heardAt - flight.sentAt);
    burst = 0;
    clean = inTime ? clean + 1 : 0;
    if (alive === true && inTime) window = recordHeartbeat(window, true);
    const rise = options.riseAnswers?.() ?? RISE_ANSWERS;
    if (alive === null || (alive === false && clean >= rise)) change(true);
    options.onHeard?.();
  }

  function missed(flight: Flight): void {
    flight.settled = true;
    clean = 0;
    if (alive === false) return;
    if (flight.burst !== 0) {
      if (flight.burst === burst) condemnAfterLast();
      return;
    }
    if (burst !== 0) return;
    startBurst();
    window = recordHeartbeat(window, false);
    options.onSuspect?.();
  }

  function startBurst(): void {
    bursts += 1;
    const id = bursts;
    burst = id;
    burstLeft = burstSize(options.misses, lossOf(window));
    for (let probe = 0; probe < burstLeft; probe++) later(probe * BURST_SPACING_MS, () => burst === id && send(id));
  }

  function condemnAfterLast(): void {
    burstLeft -= 1;
    if (burstLeft > 0) return;
    burst = 0;
    window = EMPTY_WINDOW;
    change(false);
  }

  function change(to: boolean): void {
    alive = to;
    clean = 0;
    options.onChange(to, state());
  }

  function tick(): void {
    later(options.intervalMs, tick);
    ask();
  }

  function ask(): void {
    if (!stopped && burst === 0) send(0);
  }

  later(0, tick);
  return {
    state,
    provenAt: () => provenAt,
    ask,
    stop() {
      stopped = true;
      for (const cancel of cancels) cancel();
    },
  };
}
