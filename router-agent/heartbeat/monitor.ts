import type { Clock } from '../clock.ts';
import { cautiousLossOf, EMPTY_WINDOW, lossOf, missesToCondemn, recordProbe } from './loss.ts';
import { heartbeatDue, type PaceInput, pauseMs, WARM_UP_ANSWERS } from './pace.ts';
import { learnFromDeath, rememberScare, rememberStrain, type Scare, type Strain } from './patience.ts';
import type { Prober } from './prober.ts';
import { BLIND_FLOOR_MS, deadlineMs, observeRtt, type Rtt, WARM_UP_FLOOR_MS, WATCHED_FLOOR_MS } from './rtt.ts';
import { excuse, LATE_MS, newSuspicion, SPACING_MS, type Suspicion, weigh } from './suspicion.ts';
import { createTimers } from './timers.ts';
import { type Counters, watchTraffic } from './traffic.ts';

/** What is known of one path. `alive` is null until there is evidence. */
export interface PathState {
  alive: boolean | null;
  rttMs: number | null;
  /** 0–1, over the last probes of the living path. */
  loss: number;
  /** When the last answer or packet came, on the clock's `now()`; null: never. */
  heardAt: number | null;
  /** Why the last probe failed at once (`EHOSTUNREACH`), where one did. */
  trouble: string | null;
}

export interface MonitorOptions {
  /** The least pause between two doubts about silent traffic; and the heartbeat of a path that is unsettled, dead, or not watched. */
  intervalMs: number;
  /** The heartbeat of a path that is watched and well. */
  idleIntervalMs: number;
  /** Probes after the first that must miss too, on a path without loss. */
  misses: number;
  probe: Prober;
  clock: Clock;
  onChange(alive: boolean, state: PathState): void;
  /** A probe on suspicion has missed: it is serious. */
  onSuspect?(): void;
  /** What was serious is over, one way or the other. */
  onSettled?(): void;
  /** All the path's own evidence says dead; `condemn` is awaited, and asking goes on meanwhile. Without it the path is condemned at once. */
  onExhausted?(): void;
  onHeard?(): void;
  /** How many clean answers in a row revive it, asked when one comes; without it, `RISE_ANSWERS`. */
  riseAnswers?(): number;
  /** Nobody's traffic depends on this path now: while it is well it is asked each `idleIntervalMs`, although it is not watched. */
  sparse?: boolean;
  /** The tunnel's counters now; null, or absent: they cannot be read. */
  counters?(): Counters | null;
}

export interface Monitor {
  state(): PathState;
  /** How many probes that were sent at `since` or later have been answered in time, up to four. */
  provenSince(since: number): number;
  isSuspected(): boolean;
  isExhausted(): boolean;
  /** How long an answer may take now, in milliseconds. */
  patienceMs(): number;
  /** The tunnel was moved to another WAN: if the silence ends now, it did not end by itself, and there is nothing to learn from it. */
  detoured(): void;
  /** Sends a probe now; its miss is a suspicion. */
  ask(): void;
  /** Declares an exhausted path dead, unless something has come in meanwhile. */
  condemn(): void;
  /** The tunnel's counters, as read just now, and how late the reader was. Answers whether there is reason to look closely. */
  sample(counters: Counters | null, lateMs: number): boolean;
  stop(): void;
}

/** A dead path lives again after this many clean answers in a row: one lucky packet through a dying link is no recovery. */
export const RISE_ANSWERS = 5;
/** While others are asked for their opinion, this path is asked too: any answer ends the matter. */
const ASK_ON_MS = 50;
/** Ended by an answer after as many probes, a suspicion was a scare to learn from. */
const SCARE_PROBES = 3;
const REMEMBERED_PROOFS = 4;
/** So many probes in a row without an answer, on a path that is heard, are swallowed rather than lost. (A filter, a rate limit of the VPS.) */
const DEAF_PROBES = 4;

interface Flight {
  sentAt: number;
  dueAt: number;
  /** Which suspicion it belongs to; null: a heartbeat, or somebody's question. */
  suspicion: Suspicion | null;
  settled: boolean;
}

/**
 * Watches one path. Three things raise a suspicion: a heartbeat that misses its deadline, traffic that gets no answer for one deadline, and
 * traffic that stops coming in. A suspicion is one probe; when that misses, more follow at 20 ms; when all are silent for a deadline, and we
 * were awake ourselves, the path is dead. Anything that comes in meanwhile, however late, ends it.
 */
export function startMonitor(options: MonitorOptions): Monitor {
  const { clock } = options;
  const timers = createTimers(clock);
  const traffic = watchTraffic();
  let rtt: Rtt | null = null;
  let window = EMPTY_WINDOW;
  let scare: Scare | null = null;
  let strain: Strain | null = null;
  let alive: boolean | null = null;
  let since = clock.now();
  let heardAt: number | null = null;
  let sentAt: number | null = null;
  let proofs: number[] = [];
  /** Probes without an answer since the last one that had one, and by when the first of them should have had it. */
  let open = { count: 0, dueAt: 0 };
  /** Since when a path that was condemned had been silent; null once it is heard again. */
  let silentSince: number | null = null;
  /** When a path that was dead came back; null: it never died. */
  let revivedAt: number | null = null;
  let trouble: string | null = null;
  let clean = 0;
  let answers = 0;
  let inFlight = 0;
  /** A probe left or was answered since the last sample. */
  let own = false;
  let watched = false;
  let suspicion: Suspicion | null = null;
  /** When traffic last gave reason to ask: one-way traffic would do so for ever. */
  let doubtedAt: number | null = null;
  let nextTick: { at: number; cancel(): void } = { at: 0, cancel: () => undefined };

  const state = (): PathState => ({ alive, rttMs: rtt?.srttMs ?? null, loss: lossOf(window), heardAt, trouble });
  const floorMs = () => (answers < WARM_UP_ANSWERS ? WARM_UP_FLOOR_MS : watched ? WATCHED_FLOOR_MS : BLIND_FLOOR_MS);
  const patience = () => deadlineMs(rtt, floorMs());
  /** Packets come in, and none of them answers us: what is asked is swallowed, and its silence proves little. */
  const isDeaf = () => open.count >= DEAF_PROBES && heardAt !== null && heardAt > open.dueAt;

  function later(ms: number, task: (lateMs: number) => void): () => void {
    return timers.later(ms, (lateMs) => {
      noteLate(lateMs);
      task(lateMs);
    });
  }

  function noteLate(lateMs: number): void {
    if (lateMs <= LATE_MS) return;
    strain = rememberStrain(strain, lateMs, clock.now());
    if (suspicion !== null) suspicion.late = true;
  }

  function send(partOf: Suspicion | null): void {
    const now = clock.now();
    const flight: Flight = { sentAt: now, dueAt: now + patience(), suspicion: partOf, settled: false };
    sentAt = now;
    own = true;
    inFlight += 1;
    open = { count: open.count + 1, dueAt: open.count === 0 ? flight.dueAt : open.dueAt };
    const abandon = options.probe((answer) => {
      timers.drop(abandon);
      if (timers.stopped()) return;
      inFlight -= 1;
      own = true;
      if (answer.ok) answered(flight);
      else unanswered(flight, answer.reason);
    });
    timers.hold(abandon);
    if (partOf === null) watch(flight, patience());
  }

  /** A heartbeat without an answer in time; ours must not be the delay. */
  function watch(flight: Flight, ms: number): void {
    later(ms, (lateMs) => {
      if (flight.settled) return;
      if (lateMs > LATE_MS) watch(flight, ms);
      else missed(flight);
    });
  }

  function missed(flight: Flight): void {
    flight.settled = true;
    clean = 0;
    suspect(1);
  }

  function answered(flight: Flight): void {
    const now = clock.now();
    const inTime = now <= flight.dueAt && !flight.settled;
    flight.settled = true;
    answers += 1;
    open.count = 0;
    rtt = observeRtt(rtt, now - flight.sentAt);
    clean = inTime ? clean + 1 : 0;
    if (inTime) proofs = [...proofs, flight.sentAt].slice(-REMEMBERED_PROOFS);
    if (alive === true) window = recordProbe(window, true);
    heard();
    if (alive === null || (alive === false && clean >= (options.riseAnswers?.() ?? RISE_ANSWERS))) change(true);
    options.onHeard?.();
  }

  /** Whether a probe's silence says how much the living path loses: not while it may be dying, not from before it came back. */
  function isLoss(flight: Flight): boolean {
    const settling = suspicion !== null && flight.suspicion === suspicion;
    return alive === true && flight.sentAt >= since && !settling && !isDeaf();
  }

  /** The end of a probe's life, or a local failure, which needs no waiting. */
  function unanswered(flight: Flight, reason: string): void {
    trouble = reason;
    if (isLoss(flight)) window = recordProbe(window, false);
    if (flight.settled) return;
    if (flight.suspicion === null) {
      missed(flight);
      return;
    }
    flight.settled = true;
    flight.suspicion.failed += 1;
    if (flight.suspicion === suspicion && suspicion.failed >= suspicion.need) judge(suspicion);
  }

  /** Life: by an answer, or by any packet. */
  function heard(): void {
    heardAt = clock.now();
    trouble = null;
    if (silentSince !== null) scare = learnFromDeath(scare, heardAt - silentSince, heardAt);
    silentSince = null;
    const ended = suspicion;
    if (ended === null) return;
    suspicion = null;
    if (ended.sent >= SCARE_PROBES && !ended.detoured) scare = rememberScare(scare, heardAt - ended.since, heardAt);
    options.onSettled?.();
  }

  function suspect(alreadyMissed: 0 | 1): void {
    if (alive === false || suspicion !== null) return;
    suspicion = { ...newSuspicion(clock.now(), missesToCondemn(options.misses, cautiousLossOf(window))), sent: alreadyMissed };
    suspicion.failed = alreadyMissed;
    if (alreadyMissed === 1) options.onSuspect?.();
    step(suspicion);
  }

  function step(current: Suspicion): void {
    if (suspicion !== current) return;
    if (current.sent >= current.need) {
      judge(current);
      return;
    }
    if (current.sent === 1 && current.failed === 0) options.onSuspect?.();
    send(current);
    current.sent += 1;
    later(gapAfter(current), () => step(current));
  }

  /** The first probe gets the time of a round trip, so that harmless doubts stay single; the last one a whole deadline. */
  function gapAfter({ sent, need }: Suspicion): number {
    if (sent >= need) return patience();
    return sent > 1 ? SPACING_MS : Math.max(SPACING_MS, Math.min(patience(), (rtt?.srttMs ?? 0) * 1.25));
  }

  function judge(current: Suspicion): void {
    if (suspicion !== current || current.exhausted || heardByCounters()) return;
    const finding = weigh(current, { scare, strain, deaf: isDeaf() }, clock.now());
    if (finding.kind === 'again') {
      excuse(current);
      step(current);
      return;
    }
    if (finding.kind === 'wait') {
      send(current);
      later(Math.min(finding.waitMs, ASK_ON_MS), () => judge(current));
      return;
    }
    current.exhausted = true;
    if (options.onExhausted === undefined) condemn();
    else options.onExhausted();
    askOn(current);
  }

  function askOn(current: Suspicion): void {
    if (suspicion !== current) return;
    send(current);
    later(ASK_ON_MS, () => askOn(current));
  }

  /** An answer may be in the kernel already, where we have not looked yet. */
  function heardByCounters(): boolean {
    const counters = options.counters?.() ?? null;
    return counters !== null && look(counters, 0).heard;
  }

  function look(counters: Counters, lateMs: number) {
    const news = traffic.sample({ now: clock.now(), counters, lateMs, deadlineMs: patience(), own: own || inFlight > 0 });
    own = false;
    if (news.heard) heard();
    if (news.surge && suspicion !== null) suspicion.surge = true;
    return news;
  }

  function condemn(): void {
    if (suspicion?.exhausted !== true || heardByCounters()) return;
    silentSince = suspicion.since;
    suspicion = null;
    window = EMPTY_WINDOW;
    options.onSettled?.();
    change(false);
  }

  function change(to: boolean): void {
    since = clock.now();
    if (to && alive === false) revivedAt = since;
    alive = to;
    clean = 0;
    endPause();
    options.onChange(to, state());
  }

  function pace(): PaceInput {
    const { idleIntervalMs, sparse = false } = options;
    return {
      now: clock.now(),
      sentAt,
      alive,
      since,
      revivedAt,
      loss: lossOf(window),
      answers,
      clean,
      watched: watched || sparse,
      idleIntervalMs,
    };
  }

  function tick(): void {
    if (suspicion === null && heartbeatDue(pace())) send(null);
    tickIn(pauseMs(pace(), options.intervalMs));
  }

  function tickIn(ms: number): void {
    nextTick.cancel();
    nextTick = { at: clock.now() + ms, cancel: later(ms, tick) };
  }

  /** The pause was that of a path that is well. */
  function endPause(): void {
    if (nextTick.at - clock.now() > options.intervalMs) tickIn(options.intervalMs);
  }

  tickIn(0);
  return {
    state,
    provenSince: (moment) => proofs.filter((at) => at >= moment).length,
    isSuspected: () => suspicion !== null,
    isExhausted: () => suspicion?.exhausted === true,
    patienceMs: patience,
    detoured() {
      if (suspicion !== null) suspicion.detoured = true;
    },
    ask: () => timers.stopped() || send(null),
    condemn,
    sample(counters, lateMs) {
      noteLate(lateMs);
      if (watched !== (counters !== null)) {
        watched = !watched;
        endPause();
      }
      if (counters === null) return suspicion !== null;
      const news = look(counters, lateMs);
      const rested = doubtedAt === null || clock.now() - doubtedAt >= options.intervalMs;
      if (alive === true && news.doubt !== null && rested && suspicion === null) {
        doubtedAt = clock.now();
        suspect(0);
      }
      return news.active || suspicion !== null;
    },
    stop: () => timers.stop(),
  };
}
